"""Word lists of the guards: who and what a sentence may speak about only if the conversation does.

Each group of `PEOPLE` and `FACTS` is a set of words that stand for each other: a suggestion may say "mum" where the post
says "mother" or "parents". The groups are plain data, so that a supporter community can read and mend them.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MOTHER = "mum mom mother mama mam mummy mommy momma ma mums moms mothers mama's mumma"
_FATHER = "dad father papa daddy da dads fathers pa baba"
_PARENTS = "parent parents folks"
_SISTER = "sister sisters sis"
_BROTHER = "brother brothers bro bros"
_SIBLING = "sibling siblings twin twins triplets"
_SON = "son sons boy boys"
_DAUGHTER = "daughter daughters girl girls"
_CHILD = (
    "kid kids child children baby babies toddler toddlers newborn infant teen teens teenager teenagers little one ones eldest"
    " oldest youngest stepson stepdaughter stepchild stepchildren stepkids twin twins bairn lad lads year-old"
)
_HUSBAND = "husband husbands hubby ex-husband"
_WIFE = "wife wives ex-wife missus"
_BOYFRIEND = "boyfriend boyfriends bf ex-boyfriend"
_GIRLFRIEND = "girlfriend girlfriends gf ex-girlfriend"
_PARTNER = "partner partners spouse fiance fiancé fiancee fiancée ex exes so significant"
_MARRIED = "marriage married marry marrying marriages divorce divorced divorcing separation separated engaged wedding"
_COUPLE = " ".join(
    (_HUSBAND, _WIFE, _BOYFRIEND, _GIRLFRIEND, _PARTNER, _MARRIED, "relationship couple dating date breakup dumped")
)
_GRAN = "gran grandma grandmother nan nana granny grandmothers nonna abuela oma teta babcia lola yaya nani dadi nanna"
_GRANDPA = "grandpa grandfather grandad granddad gramps opa nonno abuelo pops nana dada jiddo"
_GRANDPARENT = "grandparent grandparents"
_GRANDCHILD = "grandson granddaughter grandchild grandchildren grandkids grandkid grandbaby grandsons granddaughters"
_FAMILY = "family families relatives relative folks"
_BOSS = "boss bosses manager managers supervisor supervisors foreman employer"
_COLLEAGUE = "colleague colleagues coworker coworkers co-worker co-workers workmate workmates team teammate teammates"
_WORK = (
    "work job jobs working works worked office shift shifts company business career employer contract "
    "hired fired redundant laid"
    " layoff unemployed colleague colleagues coworker coworkers boss manager salary desk factory warehouse shop store"
)
_TEACHER = "teacher teachers professor professors tutor lecturer prof"
_DOCTOR = "doctor doctors doc docs gp surgeon consultant nurse nurses psychiatrist dr midwife paediatrician oncologist"
_THERAPIST = (
    "therapist therapists counsellor counselor psychologist shrink psychiatrist therapy counselling counseling sessions"
)
_FRIEND = "friend friends mate mates bestie buddy pal pals bff friendship friendships bestfriend besties girls lads group"
_DOG = "dog dogs puppy puppies pup pet pets lab labrador spaniel terrier collie retriever poodle greyhound hound mutt doggo"
_CAT = "cat cats kitten kittens kitty pet pets tabby"

# word -> words of which the conversation must have at least one; written as (words said, words that support them).
_PEOPLE_GROUPS: tuple[tuple[str, str], ...] = (
    (_MOTHER, f"{_MOTHER} {_PARENTS} stepmum stepmom stepmother maternal"),
    (_FATHER, f"{_FATHER} {_PARENTS} stepdad stepfather paternal"),
    ("stepmum stepmom stepmother", f"stepmum stepmom stepmother step {_MOTHER}"),
    ("stepdad stepfather", f"stepdad stepfather step {_FATHER}"),
    (_PARENTS, f"{_PARENTS} {_MOTHER} {_FATHER} {_FAMILY} home house childhood"),
    (_SISTER, f"{_SISTER} {_SIBLING} stepsister sister-in-law"),
    (_BROTHER, f"{_BROTHER} {_SIBLING} stepbrother brother-in-law"),
    ("sibling siblings", f"{_SIBLING} {_SISTER} {_BROTHER}"),
    ("son sons", f"son sons {_CHILD} boy boys"),
    ("daughter daughters", f"daughter daughters {_CHILD} girl girls"),
    (
        "boy boys lad lads",
        f"{_SON} {_CHILD} {_BOYFRIEND} guy guys lads man men grandson brother brothers pupil student he him his",
    ),
    (
        "girl girls",
        f"{_DAUGHTER} {_CHILD} {_GIRLFRIEND} she her granddaughter sister sisters pupil student {_FRIEND} women woman class",
    ),
    (
        "kid kids child children",
        f"{_CHILD} {_SON} {_DAUGHTER} {_GRANDCHILD} pregnant pregnancy ivf miscarriage stillborn foster "
        "adopted adoption school mum mom"
        " mother dad father parent parents parenting class pupils pupil students custody playground born",
    ),
    (
        "baby babies newborn infant",
        "baby babies newborn infant pregnant pregnancy birth born ivf twins son daughter miscarriage miscarried stillborn"
        " trying embryo test scan weeks bump formula breastfeed breastfeeding nicu toddler months",
    ),
    ("twins twin", "twin twins"),
    (_HUSBAND, f"{_HUSBAND} {_PARTNER} {_MARRIED}"),
    (_WIFE, f"{_WIFE} {_PARTNER} {_MARRIED}"),
    (_BOYFRIEND, f"{_BOYFRIEND} {_PARTNER} guy"),
    (_GIRLFRIEND, f"{_GIRLFRIEND} {_PARTNER}"),
    ("partner partners spouse fiance fiancé fiancee fiancée ex", _COUPLE),
    (_GRAN, f"{_GRAN} {_GRANDPARENT} "),
    (_GRANDPA, f"{_GRANDPA} {_GRANDPARENT}"),
    (_GRANDPARENT, f"{_GRANDPARENT} {_GRAN} {_GRANDPA}"),
    (_GRANDCHILD, f"{_GRANDCHILD}"),
    ("aunt auntie aunty aunts", "aunt auntie aunty aunts tia khala"),
    ("uncle uncles", "uncle uncles"),
    ("cousin cousins", "cousin cousins"),
    ("niece nephew nieces nephews", "niece nephew nieces nephews"),
    (
        "in-laws mother-in-law father-in-law sister-in-law brother-in-law daughter-in-law son-in-law",
        "in-laws in-law mother-in-law father-in-law sister-in-law brother-in-law daughter-in-law son-in-law "
        f"mil fil law laws {_COUPLE}",
    ),
    (_BOSS, f"{_BOSS} {_WORK} {_COLLEAGUE}"),
    (
        "colleague colleagues coworker coworkers co-worker co-workers workmate workmates",
        f"{_COLLEAGUE} {_WORK} {_BOSS} staff ward",
    ),
    (_TEACHER, f"{_TEACHER} school class classes lesson university uni college course exam phd maths grade"),
    (
        "professor professors lecturer tutor supervisor",
        f"{_TEACHER} supervisor phd university uni college course class thesis dissertation",
    ),
    (
        "surgeon nurse nurses midwife oncologist paediatrician",
        f"{_DOCTOR} hospital clinic surgery ward diagnosis diagnosed appointment scan tests results "
        "medication meds pills pain ill illness"
        " sick cancer symptoms medical ache aches treatment chronic tablets sertraline",
    ),
    ("therapist therapists counsellor counselor psychologist psychiatrist", f"{_THERAPIST} {_DOCTOR} session waiting"),
    ("landlord landlady", "landlord landlady rent flat apartment tenant lease eviction deposit tenancy landlord's"),
    (
        "neighbour neighbor neighbours neighbors",
        "neighbour neighbor neighbours neighbors next door upstairs downstairs street block flat village",
    ),
    (
        "roommate roommates flatmate flatmates housemate housemates",
        "roommate roommates flatmate flatmates housemate housemates room dorm flat house shared halls roomie roomies",
    ),
    ("classmate classmates", "classmate classmates class school course college uni university group year students"),
    (
        "customer customers client clients patients",
        "customer customers client clients patient patients shop ward nurse restaurant cafe"
        " waiter waitress waitressing bar store till retail callers caller calls call salon hospital guest "
        "guests hotel table tables doctor carer",
    ),
    (_DOG, f"{_DOG} paws vet leash walk"),
    (_CAT, f"{_CAT} paws vet"),
    ("rabbit rabbits bunny", "rabbit rabbits bunny pet"),
    ("hamster guinea hamsters", "hamster guinea hamsters pet pig"),
    ("horse horses pony mare", "horse horses pony mare riding stable"),
    ("bird birds parrot budgie", "bird birds parrot budgie birdsong"),
)

MALE = _words(
    f"he him his himself hes {_FATHER} {_BROTHER} {_SON} {_HUSBAND} {_BOYFRIEND} {_GRANDPA} uncle uncles "
    "nephew nephews grandson grandsons"
    " man men guy guys male lad lads dude stepson stepdad stepfather father-in-law brother-in-law son-in-law fiancé king mr sir"
    " gentleman priest imam pastor bloke fella groom waiter widower monk lord"
)
FEMALE = _words(
    f"she her hers herself shes {_MOTHER} {_SISTER} {_DAUGHTER} {_WIFE} {_GIRLFRIEND} {_GRAN} aunt auntie "
    "aunty aunts niece nieces"
    " granddaughter granddaughters woman women lady ladies female stepdaughter stepmum stepmom stepmother mother-in-law"
    " sister-in-law daughter-in-law fiancée queen mrs ms miss landlady bride waitress midwife widow nun gal"
)
EITHER = _words(
    f"{_CHILD} {_PARTNER} {_DOG} {_CAT} parent sibling twin friend mate bestie bff boss manager supervisor colleague coworker"
    " co-worker teacher professor tutor lecturer doctor doc gp nurse surgeon psychiatrist therapist "
    "counsellor counselor psychologist"
    " landlord neighbour neighbor roommate flatmate housemate classmate customer client patient cousin "
    "someone somebody stranger"
    " person crush caller owner coach lead chef dentist student pupil interviewer relative grandparent "
    "grandchild grandkid assistant"
    " midwife physio barber hairdresser driver officer examiner mentor rabbit hamster horse pony bird "
    "parrot budgie pet fish goat"
    " tortoise ferret rat snake bunny director employer trainer roomie buddy pal mp judge editor "
    "consultant specialist oncologist vet"
    " date match employee apprentice intern captain carer therapist's agent tenant guest member player foster godchild date"
    " cow sheep lamb foal calf hen chicken guinea pig one everyone anyone nobody oncologist dermatologist carpenter plumber"
)

# Things that only exist for this person if they said so; grouped like the people.
_FACT_GROUPS: tuple[tuple[str, str], ...] = (
    (
        "wedding weddings bridesmaid bride groom honeymoon",
        "wedding weddings bridesmaid bride groom honeymoon married marry marrying engaged engagement ceremony fiancé"
        " fiancée fiance fiancee venue",
    ),
    (
        "divorce divorced divorcing",
        "divorce divorced divorcing separated separation ex ex-wife ex-husband solicitor lawyer papers "
        "custody split marriage wife husband left",
    ),
    (
        "funeral cremation eulogy burial",
        "funeral cremation eulogy buried burial cremated ashes died death dead passed grave coffin service "
        "dying hospice wake crematorium",
    ),
    (
        "pregnant pregnancy miscarriage ivf",
        "pregnant pregnancy miscarriage miscarried ivf baby due scan embryo test expecting weeks trimester "
        "bump bleeding birth stillborn"
        " ultrasound midwife transfer",
    ),
    (
        "cancer tumour tumor chemo chemotherapy biopsy",
        "cancer tumour tumor chemo chemotherapy biopsy lump oncology oncologist mastectomy leukaemia leukemia lymphoma"
        " radiation remission scan melanoma stage mammogram",
    ),
    (
        "exam exams finals",
        "exam exams finals test tests gcse a-level a-levels sat sats bar board resit retake revision "
        "revising studying study school uni university course"
        " degree grade grades chem maths failed failing college midterm midterms theory",
    ),
    (
        "school classroom classmates lesson lessons homework",
        "school class classes classroom teacher teachers lesson lessons homework grade year pupils college playground students"
        " student exam exams bully bullied bullies maths english kids kid son daughter child uni university "
        "locker gym pe form chem sats",
    ),
    (
        "university uni college campus dorm",
        "university uni college campus dorm degree course lecture lectures professor semester freshers halls "
        "phd major student students thesis"
        " dissertation studies studying seminar exam exams school flatmates",
    ),
    ("boss manager", f"{_BOSS} {_WORK}"),
    (
        "rent eviction lease",
        "rent eviction lease evicted landlord flat apartment deposit tenant housing bills landlady notice mortgage house",
    ),
    (
        "debt debts loan loans",
        "debt debts loan loans owe owed owes credit bailiff bailiffs bills overdraft mortgage card payday "
        "borrowed interest minus pay paid money gambling bet",
    ),
    ("interview interviews", "interview interviews interviewer job jobs applications applied panel apply"),
    (
        "surgery operation",
        "surgery operation operated op surgeon surgical hospital transplant hip knee theatre gown mastectomy "
        "hysterectomy c-section",
    ),
    (
        "dementia alzheimer's alzheimers",
        "dementia alzheimer's alzheimers memory forgets forgot remember forgetting care name recognise know",
    ),
    ("stroke", "stroke strokes"),
    (
        "visa asylum deportation",
        "visa asylum deportation permit papers refugee status citizenship border embassy sponsor deported",
    ),
    (
        "army military deployment deployed",
        "army military deployment deployed soldier veteran vet unit navy base tour marine marines iraq afghanistan war",
    ),
    (
        "drinking drunk sober sobriety alcohol drinks",
        "drinking drunk sober sobriety alcohol drink drinks drank wine beer vodka whisky bottle bottles pub aa meeting meetings"
        " relapse relapsed clean booze pint pints bar alcoholic hungover rehab recovery",
    ),
    ("gambling betting", "gambling betting bet bets casino slots gamble gambled poker scratchcards lottery bookies odds"),
    (
        "affair",
        "cheating cheated affair cheat cheats unfaithful infidelity other slept sleeping messages texts "
        "receipt lied hotel tinder ex kissed another",
    ),
    (
        "died",
        "died dead death die dying dies passed loss lost killed suicide funeral grave gone buried widow "
        "widower grief late put vet murdered accident"
        " stillborn miscarriage miscarried ashes life hospice grieving cremated terminal without misses miss heaven overdose",
    ),
    (
        "crash accident",
        "car crash accident drive driving hit collision road bike van truck crashed drove cars fell fall "
        "wheel licence lift bus accidents lorry",
    ),
    ("garden", "garden gardening allotment flowers roses plants tomatoes"),
    (
        "church pastor priest mosque",
        "church pastor priest mosque god pray prayed prayer prayers faith mass sermon jesus imam religion "
        "religious bible lord temple congregation vicar choir"
        " sunday christian deacon catholic",
    ),
    (
        "farm cows sheep",
        "farm farmer farming cows cow sheep herd dairy crops harvest yard land tractor field fields milk lambs lambing",
    ),
    ("christmas", "christmas xmas december holidays holiday tree santa eve"),
    ("birthday birthdays", "birthday birthdays bday turned turn turning party cake"),
)


def _index(groups: tuple[tuple[str, str], ...]) -> dict[str, tuple[frozenset[str], ...]]:
    index: dict[str, tuple[frozenset[str], ...]] = {}
    for said, support in groups:
        needed = _words(support) | _words(said)
        for word in _words(said):
            index[word] = (*index.get(word, ()), needed)
    return index


PEOPLE = _index(_PEOPLE_GROUPS)
FACTS = _index(_FACT_GROUPS)

NUMBER_WORDS: dict[str, int] = {
    **{
        w: i
        for i, w in enumerate(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
            "sixteen seventeen eighteen"
            " nineteen".split()
        )
    },
    **{w: 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)},
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
}
CALENDAR = _words(
    "monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays"
    " january february april june july august september october november december easter ramadan eid "
    "diwali hanukkah thanksgiving"
    " halloween passover"
)
# Capitalised in the middle of a sentence without naming anybody.
NOT_NAMES = _words(
    "i i'm i've i'd i'll im ive id god english internet tv ok okay phd gp ptsd adhd ocd a e er hr uk us "
    "usa aa lgbt ivf dr mr mrs ms"
    " christmas easter monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august"
    " september october november december ok oh no yes"
)
