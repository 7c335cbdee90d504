"""What no suggestion may say, as regular expressions by kind; `partner.guards` applies them.

Order matters only for the reason shown: the first kind that matches names it.
"""

from __future__ import annotations

import re

_MY_OWN = (
    "heart|heart's|eyes?|throat|stomach|thoughts?|sympath(?:y|ies)|chest|face|blood|fingers|day|breath|"
    "jaw|condolences|respect|mouth|full"
    "|love|hands?|toes|admiration|skin|evening|mind|goodness|feelings|god|gosh|head|hat|warmth|warmest|"
    "wish|arms?|smile|cheeks|ears|deepest"
    "|heartfelt|support|hopes?|whole heart|sincere|best wishes|tenderness|care|sorrow|anger|word|guess|"
    "dear|friend|view|question|fist|soul"
    "|whole (?:body|day|evening|morning|afternoon|week|heart|face|self|night|weekend|timeline)|phone|"
    "laughter|applause|pillow|tea|coffee|screen|sleeve|corner|side|nose|feet|knees|lips|forehead|skull|"
    "spine|bones|eyebrows?|shoulders?|tears|voice|reply|message|worry|concern"
)
_ADVERBS = (
    r"(?:(?:really|just|so|truly|also|still|too|only|honestly|genuinely|very|actually|deeply|properly|"
    r"completely|totally|quite|do|did|absolutely|kind of|sort of|half|even|quietly|terribly|already)\s+)*"
)
# What an assistant may say of itself: what it feels, hopes, hears and wonders about this post, never what it has lived.
_I_MAY = (
    "feel|wish|hope|can|can't|cannot|care|felt|think|want|wanted|don't|read|could|couldn't|hate|know|bet|"
    "guess|get|got|mean|hear|heard|would|wouldn't"
    "|imagine|laughed|understand|believe|have to|had to|had a|have a feeling|have a lump|have (?:so|such|"
    "a lot|nothing|huge|deep|every|no|real|great|only)|smiled|see|saw|admire|am|was (?:so |really |very |"
    "deeply )?(?:moved|touched|sad|sorry|glad|worried|angry|shocked|upset|hurt|hoping|thinking|rooting|"
    "horrified|relieved|smiling)"
    r"|was (?:reading|holding|there with you|with you)|like|winced|won't|find|found|ache|ached|suspect|"
    r"wonder|wondered|cringed?|take|hurt|miss|respect|teared|keep|may|might|doubt|were|expect|worry|ask|"
    r"picture|pictured"
    "|groaned|promise to|cried|suppose|love|loved|let|say|should|cheered|noticed|notice|shivered|gasped|"
    "adore|whooped|clapped|grinned|snorted|giggled|welled|swear|dread|grieve"
    "|grieved|wince|laugh|stay|support|send|hold|held|trust|appreciate|sense|thank|value|trusted|hoped|"
    "thought|write|tell|must|sincerely|almost|need you|half|agree|wholeheartedly|realise|realize|gather|"
    "fear|root|pray|sympathi[sz]e|do|had tears|have (?:tears|read|actual|a (?:big|huge|soft|lump))|"
    "got (?:tearful|teary|emotional|a lump|tears)|went (?:soft|quiet|cold|still)|promise|was (?:laughing|"
    "crying|grinning|cheering)|got goosebumps|about to|used to think"
)
_I_AM_NOT = (
    r"an? (?!bit\b|little\b|lot\b|stranger\b|big\b|touch\b|fan\b|mess\b|friendly\b|tiny\b)|the |my |\d|"
    r"(?:twenty|thirty|forty|fifty|sixty)|(?:married|divorced|pregnant|single|gay|lesbian|bi|trans|"
    r"disabled|autistic|diabetic|sober|clean|unemployed|retired|vegan|religious|terrible at|good at|"
    r"used to|known for|from|at (?:work|home|school|uni)|in (?:the same|a similar|my))\b"
)

RELATION = (
    "mum|mom|mother|dad|father|parents?|sister|brother|siblings?|son|daughter|kids?|child|children|baby|"
    "husband|wife|boyfriend|girlfriend|partner|fianc[eé]e?|ex"
    "|nan|gran|grandma|grandpa|grandad|granny|grandmother|grandfather|aunt|auntie|uncle|cousin|niece|"
    "nephew|family|friends?|mate|boss|manager|colleagues?|teacher|therapist"
    "|landlord|neighbours?|neighbors?|flatmate|roommate|housemate|dog|cat|pet|doctor"
)


def _rules(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)


def _cased(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p) for p in patterns)


RULES: dict[str, tuple[re.Pattern[str], ...]] = {
    # Everyday things; fine where the conversation itself speaks of them.
    "method word": _rules(r"\b(?:ropes?|blades?|bleach|pills|bridges?|ledge|guns?|bullets?|knife|knives|poison\w*)\b"),
    "method": _rules(
        r"\b(overdos\w*|noose|razor\w*|hang(?:ed|ing)? (?:your|him|her|them)sel\w*|slit\w*|jump(?:ed|ing)? (?:off|in front)"
        r"|pull the trigger|wrists|carbon monoxide|suffocat\w*|drown(?:ed|ing)? (?:yourself|himself|herself))\b",
        r"\bhow (?:exactly )?(?:did|would|was) (?:he|she|they)\b[^?]{0,15}\b(?:do it|die|kill)\b|\b(?:tell|"
        r"know) (?:us|me|you)? ?how (?:he|she|they) did it\b|\bwho (?:was it that )?found (?:him|her|them)\b",
        r"\b(?:kill(?:ing)?|cut(?:ting)? (?!\w+ some slack)|hurt(?:ing)?|harm(?:ing)?|burn(?:ing)?) (?:your|"
        r"him|her|them)sel(?:f|ves)\b|\bsuicid\w*|\bself[- ]?harm\w*|\bend (?:your|it|his|"
        r"her) (?:own )?(?:life|all)\b",
        r"\b\d+ ?(?:kcal|calories|mg|kg|lbs|pounds lost)\b|\bcalorie|\bpurg(?:e|ing)\b|\blaxative",
        r"\b(?:your (?:family|kids|children|baby|mum|mom|parents|wife|husband) (?:will|"
        r"would) (?:never forgive|be so hurt)|never forgive you|think of (?:what it would do|your family)|"
        r"let everybody (?:here )?down|what it would do to your)\b",
        r"\bnot planning anything\b|\bno need to make a fuss\b|\bpromise me\b|\bno right to think\b|"
        r"\bsaw (?:it|the signs)? ?coming\b|\bwhy (?:he|she|they) did it\b|"
        r"\bthen there is nothing to talk about\b|\bdon't think like that\b",
    ),
    "self": _cased(
        rf"(?i:\bmy (?:own )?(?!(?:own )?(?:{_MY_OWN})\b)[\w'-]+)",
        rf"\bI (?!{_ADVERBS}(?:{_I_MAY})\b)(?!'|ever\b)[\w']+",
        r"\bI've (?!(?:been|also been) (?:thinking|sitting|holding|hoping|wondering|staring|worrying|"
        r"going back|reading)|got (?:a lump|goosebumps|so much|tears|my|you|nothing|such|chills|a lot|huge|"
        r"real|a big|a huge|a soft|everything)|read|every|such|no |nothing|a lump|a lot|only|just read|"
        r"so much|never (?:wanted|wished|been so))[\w']+",
        rf"\b(?:I'm|I am) {_ADVERBS}(?:{_I_AM_NOT})",
        r"\bI'm (?:more|less) of an?\b|\bI (?:also|never|always|usually|often|once|finally|used to) (?!want|"
        r"wish|feel|felt|hope|think|know|expect|get tired|thought|wanted|believed)\w+",
        r"(?i:\b(?:(?:^|[,.] )me too|same here|me neither|same for me|(?:i've|i have|^) ?been there|"
        r"been there,? done that|mine (?:was|is|did|died|left|had)|in my case|just like me\b|"
        r"as an? \w+ myself|myself included|count me in|as an? (?:\w+ ){1,4}i\b|i have no (?:kids|children|"
        r"family|friends)|i could never be|i would fall|i only ever|time i ever|me all the time|drives me mad|"
        r"laughed at me|walked me|let me fall|(?:he|she|they) gave me a|i can relate|can relate|i relate"
        r"|i know the feeling|happened to me|for me (?:it|working|that|the)|takes me back|reminds me of (?:my|when|the time)))",
        r"(?i:\b(?:when|since|after|before|while) i (?:was(?! reading)|had|lost|got(?! to)|went|moved|started|"
        r"left|gave|lived|worked|turned|became|did|came|quit|met|first|finally)\b)",
        r"\bI (?:get|love|hate|like|have|had|see|find|take|keep|got|hurt|find|miss) (?!so\b|you\b|your\b|"
        r"that\b|how\b|this\b|it\b|when\b|what\b|why\b|where\b|to\b|a\b|the (?:way|thought|idea|image|feeling|"
        r"picture|sense)\b|such\b|seeing\b|reading\b|hearing\b|thinking\b|picturing\b|goosebumps|chills|tears|"
        r"no\b|nothing\b|every\b|huge\b|real\b|my\b|choked\b|him\b|her\b|them\b|these\b|those\b|knowing\b|"
        r"imagining\b|myself\b|for\b|with\b|in\b|just\b|only\b|even\b|too\b|much\b|all\b|emotional\b|angry\b|"
        r"sad\b|teary\b|upset\b|cross\b|quite\b|why\b|really\b|nervous\b|worried\b|along\b|right\b|enormous\b|"
        r"deep\b|great\b|all\b|any\b|an\b|coming\b|and\b|like\b|with\b|watching\b|both\b|wanting\b|going\b|"
        r"hoping\b|wishing\b|wondering\b|some\b|little\b|big\b|his\b|their\b|something\b|everything\b|"
        r"anyone\b|there\b|just\b|people\b|our\b|\w+ing\b)[\w']+",
        r"\b(?:We|we) (?:had|lost|were|went|got|have just|rented|cut|split|moved|used to|did|bought|married|"
        r"never|always|both|too|all (?:have|had|went|been))\b|\b[Oo]ur (?!talk|conversation|hearts?|"
        r"thoughts)\w+",
    ),
    "claim": _rules(
        r"\b(?:know|understand|get|feel) (?:\w+ )?exactly (?:how|what|why)\b|\bexactly how you(?:'re|"
        r" are)? feel|\bi (?:know|understand) (?:just |completely |perfectly |fully )?(?:how|"
        r"what) (?:you(?:'re| are)? (?:feel|go)|that(?:'s| is) like|it(?:'s| is) like|it feels)",
        r"\bwe(?:'ve)? all (?:go|feel|have|been|had)\b|\b(?:everyone|everybody) (?:feels|goes through|gets|"
        r"has (?:a|their)|makes mistakes)\b|\bhappens to (?:the best|everyone|all)\b",
    ),
    "positivity": _rules(
        r"\beverything happens\b|\b(?:happen\w*|here|there) for a reason\b|\bon the bright side\b|"
        r"\blook on the bright\b|\bsilver lining\b|\bstay (?:positive|strong|hopeful)\b|\bthink positive|"
        r"\bpositive (?:vibes|thinking|attitude|thoughts|outlook)\b|\bgood vibes\b|(?:^|so |just )cheer up\b|"
        r"\b(?:so|just|and|to|^)? ?keep (?:smiling|shining|your chin|that smile)\b|\bchin up\b",
        r"^at least\b|[,;] (?:but|and) at least (?!one|some|you (?:can|know|deserve|two|could))",
        r"\b(?:be|feel) (?:grateful|thankful|glad|happy) (?:for|that) (?:what|all|the|your|her|him|them)\b|"
        r"\b(?:^|so )be (?:grateful|happy|glad|thankful|proud of where)\b|\bbe grateful\b|\bcount your(?:self|"
        r" blessings)|\b(?:lucky you|you(?: are|'re) (?:so |very |really )?lucky|(?:he|she|they|your \w+|kids|"
        r"children) (?:are|is) (?:so )?lucky to)\b|\bblessings? in disguise\b",
        r"\blook (?:back )?(?:on|at) (?:this|it|that|those \w+)(?: \w+)? and (?:laugh|smile)\b|\b(?:one day|"
        r"will|'ll|just|try to|so) laugh (?:about|at) (?:this|it|yourself)|\btime (?:heals|is a great healer|"
        r"will heal)|\bheals all\b|\bbetter place\b|\bat peace now\b|\bneeded another angel\b|"
        r"\bsmiling down\b|\bin heaven\b|\bone door closes\b|\b(?:was|is|are|were|it's) (?:just |simply |"
        r"all )?meant to be(?:\.|,|$)|\bwhat doesn't kill",
        r"\bso (?:enjoy|celebrate|smile|keep smiling|just (?:love|trust|smile|relax|enjoy)|take it with|"
        r"let it shine|show it off|walk in|hold on to|soak|try to (?:enjoy|smile|see|laugh|be))\b|"
        r"^enjoy (?:it|life|the ride)\b|, enjoy (?:it|life|your new)\b|\btry to (?:enjoy|see the|"
        r"think of happy|be happy|smile|laugh|stay (?:calm|positive)|look on)\b|\blook ahead\b|"
        r"\blife is (?:too short|a gift|beautiful|what you make)\b|\blive every\b|\bevery (?:day|morning|"
        r"breath) is a\b|\bis a gift\b",
        r"\bsuperhero|\bsuperpower|\bwarrior|\bpriceless\b|\bis inspiring\b|\bmakes? diamonds\b|"
        r"\bfresh start\b|\bnew chapter\b|\blittle miracle\b|\bthe universe\b|\bhow (?:amazing|wonderful|"
        r"beautiful) (?:is|that)\b|\bmakes? (?:you|us|him|her) (?:so |even )?strong|\bmade you (?:so )?strong|"
        r"\b(?:all|it's|be|was) for the best\b|\bself[- ]love\b|\blove yourself\b|\b(?:many|some|most|"
        r"so many) people (?:would love|never|have it worse|pay|would)\b|\bothers have it worse\b|"
        r"\bcould be worse\b|\bevery(?:body|one) wins\b|\bgood sign\b|\brainbow\b|\bheart of gold\b|"
        r"\bbring you down\b|\breasons? to smile\b|\bconfidence is\b|\bstrong (?:women|people|men)\b|"
        r"\byou can finally put\b|\bplenty (?:of other|more)\b|\blove (?:is the|conquers)\b|"
        r"\bbetter stories\b|\bhappy mind\b|\bcloser together\b|\byou are (?:so )?beautiful\b|"
        r"\bis a triumph\b|\bangels in\b|\byou get to\b(?=.*!)|\bthe best thing for you\b|"
        r"\bwho deserves you\b|\bdid you a favou?r\b|\b(?:as|really|is) a compliment\b|\btreasures?\b|"
        r"\bblessing\b|\breal wealth\b|\bbest is yet\b|\bnew chance\b|\b(?:is|"
        r"are) waiting for you(?:r \w+)?\b|\bwith pride\b|\bmeant for you\b|\bgood memories\b|\bcherish\b|"
        r"\bno reason to be (?:sad|down)\b|\b(?:all|what) (?:that )?counts\b|\byou are a hero\b|\bgenius\b|"
        r"\bnever give up\b|\bon their feet\b|\bbest version\b|\bchance to (?:grow|shine)\b|\bthe right way\b|"
        r"\bhappy thoughts\b|\bsoul ?mate\b|\bsurely forgiven\b|\b(?:distance|absence) makes\b|"
        r"\bforgiveness is\b|\btrue love\b|\bfamily is forever\b|\bevery (?:goodbye|sunrise|tear|artist)\b|"
        r"\blucky (?:man|woman|girl|boy)\b|\bgreat time to\b|\bjust as good as\b|\bthe good thing is\b|"
        r"\bsee it as\b|\btake it as\b|\bgood things come\b|\bis the secret\b|\bso let (?:her|him|it|the)\b|"
        r"\blook how\b|\bjust picture\b|\bfreedom at last\b|\bwater the seeds\b|"
        r"\bturn out to be\b(?=.*\bbest\b)",
    ),
    # Gladness at a post that has none in it is the worst misreading there is; only posts with good news may get it.
    "joy": _rules(
        r"\bcongrat\w*|\bhappy birthday\b|\bi(?:'m| am) (?:\w+ ){0,3}(?:happy|thrilled|delighted) (?:for you|"
        r"to (?:hear|read)|about)\b|"
        r"\bglad for you\b|\bso glad\b(?! (?:that )?(?:you(?:'re| are|'ve| have)? (?:still |also )?(?:here|"
        r"alive|told|telling|tell|"
        r"talking|shared|wrote|written|said|reached|came|posted|asked|stepped|kept|safe|got (?:through|out|away|help))|"
        r"(?:she|he|they|someone|somebody)\b))",
        r"\b(?:made|makes) (?:my|me) (?:whole )?(?:day|morning|evening|smile|grin|laugh)\b|\bbrighter\b|"
        r"\b(?:what|such|this is|that's)"
        r" (?:a |such )?(?:great|lovely|wonderful|good|brilliant) news\b|\bi (?:\w+ )?(?:smiled|grinned|"
        r"cheered|whooped|clapped)\b|"
        r"\b(?:big|huge) smile\b|\bwell done\b|\bhooray\b|\bhurrah\b|\bi(?:'m| am) (?:\w+ ){0,2}(?:thrilled|delighted)\b",
    ),
    "promise": _rules(
        r"\b(?:it|this|things|everything|all|life|the pain|it all)(?:'ll| will| is going to| are going to|"
        r" does| do)? ?(?:\w+ )?(?:get|gets|work|works|turn|turns) (?:all |so |much |a lot )?(?:better|ok|"
        r"okay|fine|easier|alright|all right|worth it|good again)\b|\b(?:will|'ll|going to) (?:all )?(?:work|"
        r"turn) out\b",
        r"\b(?:trust me|i guarantee|i(?:'m| am) (?:so |quite |absolutely |very |pretty )?(?:sure|certain|"
        r"positive|convinced)(?: that)? (?:you(?:'ll| will|'re going| are going)|he|she|they|it|everything|"
        r"things)|i(?:'m| am) sure of it|i (?:just )?know (?:for a fact|it will|you(?:'ll| will)|she(?:'ll|"
        r" will)|he(?:'ll| will)|they(?:'ll| will))|you(?:'ll| will) see$|i can feel it|i just know|for sure|"
        r"without a doubt|i have a good feeling|i have no doubt|bound to|certain to|i promise you(?!'re not)|"
        r"i promise that)\b",
        r"\b(?:he|she|they|it|you|everything|things|nobody|no one|nothing|someone|somebody|companies|(?:your|"
        r"the|his|her|their|a|another|that) \w+(?: \w+)?)(?:'ll| will|'re going to|"
        r"'s (?:not )?(?:even )?going to| is (?:never |not )?going to| are going to| won't (?:be|have|"
        r"remember|happen|hurt)) (?!always be|probably|likely|have to|need to|ever|you\b|carry|be carrying|"
        r"keep missing|still|hurt|miss|take (?:time|a while)|not be easy|be hard|be (?:so )?missed)",
        r"\bin no time\b|\bsmooth sailing\b|\b(?:from now|from here|from this day|from then) on\b|"
        r"\bas good as new\b|\bperfectly safe\b|\bhard part is over\b|\bnever happen(?:s)? again\b|"
        r"\bcan't happen again\b|\bgoing to be (?:ok|okay|fine|alright|all right|benign|great|perfect)\b|"
        r"\bjob in the bag\b|\bhave learned? (?:his|her|their) lesson\b|\bhas learned (?:his|her) lesson\b|"
        r"\byou(?:'re| are) safe now\b|\bproblems are solved\b|\bby next week\b",
        r"\bi(?:'ll| will) (?:make sure|find|get|fix|help|always|never|take care|sort|call|come|do everything|protect)\b",
    ),
    # Certain enough to be a promise even in the shape "once ..., he will ...".
    "promise certain": _rules(
        r"^(?:once|as soon as|when|if|by|after|before|in (?:a|no|two|six|a few)|next|one (?:day|good)|"
        r"with (?:that|your|time)|now that|tell|just|the minute)\b[^?]*\b(?:he|she|they|it|you|everything|"
        r"every(?:one|body)|nobody|no one|things|there|the \w+|those \w+|that \w+|all of this|your \w+)(?:'ll|"
        r" will| won't|'re going to|'s (?:never |not )?(?:even )?going to| is (?:never )?going to|"
        r" are going to| are (?:never )?going to) (?!probably|have to|be torn|be carrying|still|likely|you\b)",
        r"\b(?:you have my word|you can be sure|i promise[.!]?$|completely safe|you are cured|(?:gone|stop|"
        r"over) for good|the very last time|safe and sound|so the money is coming|goes back to how|"
        r"you can sleep in peace|i(?:'m| am) certain|it will not happen)\b|\bonce you\b[^?]*\bfor good\b|"
        r"\b(?:nothing|nobody|no one) (?:at \w+ \w+ )?(?:will|can|is) ever\b|\bnever going to (?:be|look|"
        r"happen)\b|\bthere(?: will not|'ll never| will never)\b|\bfrom here it only\b",
    ),
    "blame": _rules(
        r"\byou (?:should(?:n't| not)? have|should've|shouldn't've|ought to have) (?!had|been (?:able|allowed|"
        r"given|told|treated|safe|there|loved|heard|asked|protected|listened|met|held|believed|celebrated|"
        r"looked|a|the|so|made|left|warned|invited|free|thanked|you|part|your|his|her|their|special|in|with)|"
        r"felt|got|to\b|faced|gone through|happened|heard|deserved|needed|carried|squealed|celebrated|shared|"
        r"said$)[\w']+",
        r"\bwhy (?:didn't|don't|did|do|have|haven't|would|wouldn't|are|aren't|were|"
        r"weren't) you\b(?! (?:think (?:that|he|she|they|it)|feel|believe|suppose))|\bhow could you (?:let|"
        r"watch|not|do|say|be so|even|allow|leave|forget)\b|\bwhat did you (?:expect(?! to)|do (?:to (?:him|"
        r"her|them|make|deserve|cause)|that (?:makes?|made)))\b",
        r"\byou (?:only )?have only yourself|\byour?selves to blame\b|\bit(?:'s| is| was) (?:all |partly |"
        r"your )?your(?: own)? fault\b|\byou(?:'ve)? (?:brought this|asked for (?:this|it))\b|"
        r"\basking for trouble\b|\byou(?:'ve| have)? let (?:this|it|things) (?:go on|happen|get|slide)\b|"
        r"\byou let (?:him|her|them) (?:walk|treat|get away|talk|do|take|use|think|believe)\b|"
        r"\byou chose (?:this|these|him|her over)\b|\byou did choose\b|\byou must have known\b|"
        r"\byou(?:'ve)? (?:kept putting|broke (?:a|your) promise|surely noticed|had time to prepare|"
        r"are deceiving|crossed a line|knew what)\b",
        r"\byou(?:'re| are| were) (?:being |a bit |just |making this |probably |too |only )+(?:silly|stupid|"
        r"selfish|ungrateful|childish|lazy|clingy|dramatic|irresponsible|pathetic|overreacting|sensitive|old|"
        r"lying|bigger|hard|making|rash)\b|\byou(?:'re| are) (?:lying to|making (?:your|this|him|her|"
        r"them) \w+|old enough|overreacting|pretending to)\b|\bit(?:'s| was| is) (?:a bit |a little |so |"
        r"very |rather |quite )?(?:selfish|childish|ungrateful|rude|rash|irresponsible|careless|naive|stupid|"
        r"dishonest|risky|hardly fair|only fair)\b|\bthat(?:'s| is| was) a (?:bit|little) (?:childish|selfish|"
        r"much)\b",
        r"\b(?:you|yourself) (?:really )?(?:should|need to|must|have to|do need to) (?:accept|apologi[sz]e|"
        r"stop|be (?:over|more careful|nicer|better)|get over|grow up|try harder|take responsibility|"
        r"live with|read)\b|\bbe more careful\b|\bget over it\b|\bgrow up\b|\bpull yourself together\b|"
        r"\bover it by now\b|\bshould be over\b|\byou shouldn't hold\b",
        r"\bdid(?:n't)? you (?:really )?(?:not )?(?:think about how|even (?:try|think|ask)|do something to|"
        r"say (?:anything|something)[^?]*(?:provok|set|could have)|provoke|ever (?:stop|consider)|see your)\b|"
        r"\bwas it really (?:necessary|worth)\b|\breally (?:worth|necessary)\b|\bis it (?:really )?fair (?:to|"
        r"on)\b|\bnot (?:very |really )?fair (?:to|on) (?:her|him|them|your)\b|\bhow (?:would|"
        r"do you think) (?:you|he|she|they|your \w+) (?:would )?feel if\b|\bwhat kind of (?:example|mother|"
        r"father|person|parent)\b|\bsomething you do\b|\bwhat you could have done\b|\bask yourself what\b|"
        r"\bdid none of you\b|\bthere must have been signs\b",
        r"\b(?:he|she|they|your \w+) (?:do|does|did|has|have)(?: have)? a point\b|\byour \w+ (?:is|was|"
        r"are) right\b(?! (?:to|there|next|beside|here|behind))|\bnobody can (?:help you if|read your mind)\b|"
        r"\byou can't expect\b|\byou know how people\b|\bputting your \w+ through\b|\bfor no reason\b|(?:^|"
        r", (?:so|but|and) )don't be (?:clingy|silly|dramatic|ridiculous|selfish|so)\b|\bso don't hold\b|"
        r"\bhold (?:it|that) against them\b|\b(?:is|are|was|were) not easy for (?:him|her|them) either\b|"
        r"\boverdoing it\b|\byou refused to\b|\btakes? two\b|\bhardly (?:fair|counts?)\b|"
        r"\bsense to complain\b|\bpoor way to\b|\bhard to excuse\b|\bif it mattered\b|"
        r"\byou would have (?:remembered|noticed|known)\b|\bnot the right thing\b|\bpart of the lie\b|"
        r"\bmaybe you (?:were too|looked|leaned|came across|seemed|asked|pushed|expected)\b|"
        r"\bperhaps you came across\b|\bit is their (?:home|house)\b|\brules are\b",
    ),
    # Asks the seeker to find out for themselves what was meant to hurt them.
    "prying": _rules(r"\bwhat (?:do|did) you think (?:\w+ ){1,3}mean(?:s|t)? (?:when|by|with)\b"),
    # What seekers call themselves in pain is not for others to say after them: "I feel for you, being pathetic".
    "names": _rules(
        r"^(?!.*\b(?:feel(?! for)|feels|felt|feeling|think|thinks|thought|call\w*|told|tell\w*|says?|said|made|makes|treat\w*|"
        r"believ\w*|not|never|aren't|isn't|doesn't|don't|if)\b.*\b(?:being|you're|you are|as)\b)"
        r".*\b(?:being|you're|you are|you were) (?:a |an |so |such an? |really |just )?(?:pathetic|stupid|dumb|worthless|"
        r"useless|lazy|ugly|crazy|weak|selfish|idiot|fraud|failure|loser|burden|fool|foolish|weird|fat|disgusting|broken|"
        r"monster)\b",
    ),
    "medical": _rules(
        # Even as a question it may push somebody to stop a medicine.
        r"\b(?:stop(?:ped|ping)?|quit(?:ting)?|skip(?:ped|ping)?|coming off|came off|wean\w*)\b[^.?!]{0,25}"
        r"\b(?:taking (?:it|them|your|those|these)|pills?|meds|medication|medicine|tablets?)\b",
        r"\b(?:antidepressants?|ssris?|ibuprofen|paracetamol|aspirin|sertraline|prozac|xanax|valium|diazepam|"
        r"lithium|citalopram|melatonin|magnesium|vitamins?|supplements?|hrt|beta[- ]?blockers?|insulin|"
        r"steroids?|cortisone|antibiotics?|antifungals?|painkillers?|sleeping (?:tablets|pills)|dosage|doses?|"
        r"milligrams?|mg|medicat(?:ed|e)|carbamazepine|bupropion|statins?|testosterone|cbt|emdr|"
        r"iron infusions?|glucosamine|ointment|jab|antihistamines?|probiotics?|cortisol|riluzole)\b",
        r"\b(?:disorders?|syndrome|ptsd|post-traumatic|adhd|autis\w+|bipolar|ocd|bpd|narcissis\w+|borderline|"
        r"schizo\w+|psychosis|psychotic|anhedonia|catatoni\w+|paranoia|clinical\w*|aphasia|anorexi\w+|"
        r"bulimi\w+|angina|hepatitis|ulcers?|concussion|blood pressure|fracture\w*|thyroid|anaemi\w+|anemi\w+|"
        r"deficienc\w+|apnoea|apnea|fibromyalgia|endometriosis|pcos|menopause|perimenopause|arrhythmia|"
        r"symptoms? of|sign of (?:an? |depress|anx|ptsd|burnout|trauma|dement)|textbook|codependen\w+|"
        r"dissociat\w+|gaslight\w+|trauma bond\w*|attachment style|post-?natal depression|"
        r"postpartum depression|ppd|burnout is|you (?:have|are suffering from|may have|might have|"
        r"probably have) (?:depression|anxiety)|you(?:'re| are) (?:depressed|in shock|manic))\b",
        r"\b(?:blood tests?|ecg|mri|endoscopy|memory test|hearing test|second opinion|"
        r"(?<!to go and )get (?:tested|checked|screened)|ha(?:ve|d) (?:your|that|those|his|"
        r"her) [^,.?]{0,25}(?:checked|rinsed|examined|measured|cut out|tested|looked at)|clears? (?:it|that|"
        r"this) up|clear up that|early labour|declines? quickly|tested for|checked (?:out|for)|"
        r"bring it up with your doctor|see (?:a|your) (?:doctor|gp|specialist|psychiatrist|therapist|lawyer)|"
        r"talk to (?:a|your) (?:doctor|gp|lawyer|psychiatrist|therapist)|need(?:s)? (?:treatment|"
        r"to be (?:treated|tested|admitted|medicated))|detox)\b",
        r"\b(?:sue|lawsuit|legally|illegal|by law|the law|legal(?: liability)?|contest the will|award you|"
        r"charged with|years in prison|liable|press charges|criminal (?:charge|offence|harassment|matter|"
        r"record|law)\w*|court order|countersue|damages|appeal|tribunal|file (?:a|for|within)|"
        r"restraining order|asylum|annul\w+|void|deed|contract says|your rights|entitled to|compensation)\b",
    ),
    # Fine where the conversation itself speaks of it, a diagnosis or an instruction where it does not.
    "medical word": _rules(
        r"\b(?:court|a judge|the judge|ultrasound|stitches|melanoma|bed rest|sedation|graded exercise)\b",
        r"\b(?:diagnos\w+|scans?|biopsy|needles?|eye drops|seizures?|infections?|infected|allerg\w+|dementia|"
        r"alzheimer\w*|tumou?rs?|psychiatrist|rehab|lawyers?|solicitors?|hormones?|hormonal|x-?rays?|"
        r"injections?|tablets|prescri\w+)\b",
    ),
    "advice": _rules(
        r"\b(?:isn't it time to|could your \w+ \w+ you|would (?:an? [^?]{3,40} be something|selling|moving)|"
        r"have you (?:\w+ )?(?:tried|looked at|made an?|thought (?:about|of)|considered|looked into|"
        r"asked (?:them|her|him) (?:to|for|if)|talked to a|spoken to (?:a|your)|checked)|why (?:don't|"
        r"not) (?:you|just|try|ask)|what if you|how about(?! you\b| now\b| the| your| him| her)|"
        r"what about (?:\w+ing|a |joining)|could you (?:maybe |perhaps |just |not )?(?!tell|say|share|imagine|"
        r"feel|picture|ever|describe|let|see|breathe|sleep|talk|name|use|do|be|give|have|bear|help|put|"
        r"explain|hear|eat|remember|sense|sit|get|think|hold|still|find|even)\w+|^can you (?:maybe |"
        r"just )?(?:ask|go|move|find|take|join|report|speak to|change|ignore|block))\b",
        r"\byou (?:really |definitely |probably |just |also )?(?:should|ought to|had better|need to|"
        r"could always|might want to|could try|could also)(?:n't| not)? (?!have|exist|be (?:proud|able|"
        r"allowed|so|the|in|exhausted|worn|tired|feeling|scared|terrified|furious|carrying|dreading|missing|"
        r"wondering|sick|aching|hurting|angry|at|running|going|left|heartbroken|treated|ashamed|drained|a\b|"
        r"alone|questioning|free|asking|made|told|braced|sitting|here)|feel|not|never|always|ever|still|know|"
        r"love|wonder|miss|hate|want|dread|think|live|get (?:so|tired|to|asked)|carry|care|look|lie|sit|stand|"
        r"hurt|go (?:through|around|to bed|home|over|back)|wake|keep|prove|do (?:this|that|it|any|"
        r"everything)? ?(?:alone|all)?|hold|hear|see|choose|worry|earn|hide|justify|explain|defend|"
        r"apologi[sz]e|pretend|fight|beg|deal|face|manage|pay|tell (?:yourself|anyone|anybody)|shrink|perform|"
        r"answer|watch|trust|admire|remember|play|walk|start|decide|fix|have to|bear|put up|listen to|cope|"
        r"go on|read|ask (?:yourself|for|twice)|handle|survive|pass|swallow|work|fear|sleep|cry|justif|suffer|"
        r"say|relive|guess|mean|be|need|rush|settle|get|let|sound|seem|come|repeat|smile|figure)\w*",
        r"^(?:just |now |always |maybe |please |so |then |simply |first |and |next time |"
        r"from now on,? )*(?:sit (?:her|him|them|your)|stand up|tell (?!me|us)|hide|draw|bake|comment|post|"
        r"hand in|lock|break|carry|wrap|try|go (?!easy|gently|put)|ask|call|talk|speak|write|make|"
        r"get (?!better)|give (?!yourself|\w+ a (?:big |gentle |long )?(?:hug|stroke|pat|scratch|kiss|"
        r"cuddle))|stop|start|find|use|keep (?!fighting|going|talking|writing|warm|safe)|buy|sell|join|sign|"
        r"focus|don't (?!you|we|they|be |beat|feel|hate|hide|apologi|give up|ever|forget that you|"
        r"worry about)|do not|look (?:for|at|into|on)|consider|avoid|eat|drink|set|move|report|block|leave|"
        r"ignore|apply|check|read|learn|book|put|send (?!ing)|show|remind|turn|throw|visit|explain|"
        r"practi[sc]e|pick|switch|wear|walk|cut|plan|search|contact|email|text|ring|phone|hire|sit down|"
        r"schedule|relax|breathe|forgive|forget|accept|confront|file|download|list|limit|pay|return|spend|"
        r"organi[sz]e|cook|think (?:of|about)|wait|work on|offer|prepare|track|act|demand|insist|choose|"
        r"delete|record|replace|wash|answer|set|sleep|bring|pull|push|run|study|teach|train|suggest|point|"
        r"refuse|rehearse|reply|quit|raise|print|invite|follow|distract|enjoy|drop|add|cancel|change|mention|"
        r"treat|remember to|take (?!care|all|your time|as|good|it |every|heart|"
        r"a (?:deep )?breath))\b(?! (?:me|to know|through that|that from|you back)\b)",
        r"\b(?:it's time to|it(?:'s| is) (?:probably )?(?:best|better|time|a good idea|important) to|"
        r"might be (?:best|better|good|worth|an idea|time) to|it (?:might|may|could|"
        r"would) help(?: you)? (?:to|if you)|would it be easier to|why not (?!you|me|now|today|him|her)\w+|"
        r"(?:^|, )maybe (?:you could (?!be|feel)|you should|next time|try|it's time|it is time|it's better|"
        r"an? \w+(?: \w+){0,3} (?:would|might|could)|the best thing|(?:just )?(?:ask|talk to|start|give|go|"
        r"get|leave))|perhaps (?:you should|try|you need)|i(?:'d| would) (?:suggest|recommend|advise|tell him|"
        r"tell her|leave|try|go|ask|talk|report)|my advice|if i were you|in your (?:place|shoes|position) i|"
        r"you(?:'re| are) better off|you(?:'d| would) be better|the best thing (?:to do|you can)|"
        r"i think you (?:should|need|could)|^next time\b|maybe next time)",
        r",? so (?:just |please |maybe )?(?:ask|talk|call|tell (?:him|her|them|your)|go|try|take|leave|get|"
        r"start|stop|put|give|let (?:him|her|them|it|go)|write|report|sell|buy|move|find|keep|say|focus|"
        r"do(?:n't)? (?!you|they|we))\b",
    ),
    "contact": _rules(
        r"\b(?:dm|pm|inbox|private message) me\b|\bmessage me\b|\bmy (?:inbox|dms?|door|number|phone|house|"
        r"spare|sofa|couch|place)\b|\bcall me\b|\btext me\b|\bmeet (?:up|you|for)\b|\bphone number\b|"
        r"\b(?:i(?:'ll|'d| will| can| could)?|you can|you could|feel free to) come (?:over|round|and stay|"
        r"stay)\b|\bi(?:'ll| will) (?:ring|call|visit|drive|come|pick)\b|\bi(?:'m| am) (?:always|"
        r"just) (?:a message|a call) away\b|\b(?:any time|anytime|always),? (?:day or night|24/7)\b|\b24/7\b|"
        r"\be-?mail me\b|\breach out to me\b|\bwhatsapp|\binstagram\b|\bsnapchat\b|\bdiscord\b|\bhang out\b",
    ),
    "profane": _rules(
        r"\b(?:fuck\w*|shit\w*|bullshit|bitch\w*|assholes?|arsehole\w*|arse|ass|bastards?|cunt\w*|"
        r"dick(?:head)?s?|prick|twat|wank\w*|piss(?:ed|ing)?|crap(?:py)?|damn(?:ed)?|goddamn|bloody|hell of a|"
        r"what the hell|go to hell|wtf|screw (?:him|her|them|you|that)|slut\w*|whore\w*|retard\w*|fag\w*|"
        r"nigg\w*|tranny|dyke|paki|chink|spastic|moron|idiots?\b(?<!an idiot)|scumbag|jerk)\b",
    ),
    "sexual": _rules(
        r"\b(?:sexy|sexual(?!ity)\w*|horny|orgasm\w*|naked|nude\w*|porn\w*|masturbat\w*|libido|boobs|penis|"
        r"vagina|erect\w*|intercourse|make love|turned on)\b"
    ),
    "religious": _rules(
        r"\b(?:god|gods?'s|jesus|christ|lord|allah|heaven|prayers?|pray(?:ing)?|angels?|blessings|god bless|"
        r"blessed|bible|faith in|satan|sins?|soul (?:rest|is)|rest in peace|amen|holy|divine|the devil|karma|"
        r"destiny|fate|reincarnat\w*|spirit world|guardian angel)\b(?!'s sake)(?<!oh god)",
    ),
    "violence": _rules(
        r"\b(?:get (?:your )?revenge|get even with|get back at|make (?:him|her|them) pay|pay them back|"
        r"teach (?:him|her|them) a lesson|(?:punch|slap|smash|beat|hit) (?:him|her|them)|kill (?:him|her|"
        r"them)|murder|strangle|burn (?:his|her|their|it down)|deserves? to (?:die|suffer|rot|be hurt)|rot in|"
        r"hurt (?:him|her|them) back|revenge)\b",
    ),
}

# A kind of rule that is off where the conversation itself opened the subject.
# What turns a forbidden wording into talk about it: somebody's fear or hope, what others say, a question. Looked for before it.
VOID_AFTER: dict[str, re.Pattern[str]] = {
    "promise": re.compile(
        r"\b(?:hop(?:e|es|ed|ing)|fear\w*|afraid|scared|terrified|frightened|wonder\w*|worr\w+|whether|if|"
        r"wish\w*|dread\w*|part of you|waiting|think\w*|thought|believ\w+|tell\w*|told|say\w*|said|promis\w+|"
        r"imagin\w+|pictur\w+"
        r"|as though|like|probably|maybe|perhaps|may|might|must|know(?:ing)? (?:that )?(?:he|she|they|it|you|"
        r"the|your|nothing|no one|nobody)|before|until|till|unless|not sure|unsure|who|what|when|how|where|"
        r"which|why|every|no matter|knows?|feel\w*|sure|even when|understand|expect\w*|anxious|decide\w*)\b|"
        r"\?$",
        re.IGNORECASE,
    ),
    "promise certain": re.compile(
        r"\b(?:hop(?:e|es|ed|ing)|fear\w*|afraid|scared|wonder\w*|worr\w+|as if|as though|like|feel\w*|felt|"
        r"told|said|says|think\w*|thought|believ\w+|probably|maybe|perhaps|might|may|imagin\w+)\b|\?$",
        re.IGNORECASE,
    ),
    "blame": re.compile(
        r"\b(?:feel\w* (?:like|as|that|you|guilty)|wondering|replay\w*|blam\w+|told|tell\w*|said|say\w*|"
        r"hear\w*|treated|call\w*|doesn't|not|isn't|wasn't|never|thinking|think|as if|as though|like|afraid|"
        r"fear\w*|wish\w*|worried|ashamed)\b",
        re.IGNORECASE,
    ),
    "positivity": re.compile(
        r"\b(?:told|tell\w*|said|say\w*|hear\w*|expect\w*|pretend\w*|had to|have to|having to|supposed|can't|"
        r"not|people who|without|instead of|place of|wish|hope)\b",
        re.IGNORECASE,
    ),
    "advice": re.compile(
        r"\b(?:told|tells?|tell you|saying|said|says|keep hearing|hear\w* (?:that|you)|think(?:s|ing)?|"
        r"thought|feel\w*|as if|as though|like|wish|who|what|everyone|everybody|people|before|once|if|when|"
        r"because|that|until|of|the)\b",
        re.IGNORECASE,
    ),
}
# Kinds that a question or a quotation can hold innocently.
UNLESS_IN_POST: dict[str, re.Pattern[str]] = {
    "joy": re.compile(
        r"\b(?:happy|happier|excited|proud|glad|thrilled|grinning|passed|won|finally|yay|good news|great news|"
        r"got the (?:job|place|part|flat)|got in|engaged"
        r"|newborn|promoted|best (?:day|thing|night|week)|first time in|said yes|slept|laughed|laughing|"
        r"smil(?:ed|ing)|dancing|sold|published|"
        r"amazing|wonderful|lovely|so good|can't stop smiling|made it|did it|hired|accepted|cancer[- ]free|"
        r"in remission|all clear|sober)\b|🎉|🥳|😊|😁",
        re.IGNORECASE,
    ),
    "religious": re.compile(
        r"\b(?:god|jesus|christ|christian|lord|allah|heaven|pray\w*|prayer\w*|church|mosque|temple|faith|"
        r"priest|pastor|imam|bible|quran|muslim|catholic|religio\w*|angel\w*|bless\w*|sin|sins|karma|hajj|"
        r"mass|soul)\b",
        re.IGNORECASE,
    ),
}
UNLESS_IN_DRAFT: dict[str, re.Pattern[str]] = {
    "self": re.compile(
        rf"\b(?:me too|same here|been there|my (?:own )?(?:{RELATION})|when i (?:was|had|lost|got|went)|"
        r"happened to me|i(?:'ve| have) (?:been|had|lost|gone)|i (?:lost|had|went through|used to|was in))\b",
        re.IGNORECASE,
    ),
}
