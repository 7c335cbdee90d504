"""Posts whose mood nobody would doubt."""

PLAIN = [
    "Which calendar app works best for two people, one on an iPhone and one on Android?",
    "hi everyone, im Mira from Utrecht, i like baking and long train rides. just reading along for now",
    "The 6pm group moved to room 4, same link as always if you join online.",
]
SAD = [
    "My dog died on Sunday and the house is so quiet.",
    "i cant stop crying since he left, i dont know what to do with myself",
    "Been lying in bed for three days. I'm so tired of feeling like this.",
    "Everyone at the party looked so happy and I stood in the kitchen the whole night wishing I was like them.",
]
GLAD = [
    "WE GOT THE FLAT!!! keys on friday, two bedrooms and a balcony :)",
    "I passed my nursing exam today, on the third try!! I'm so happy I cried in the car park.",
]
