"""What no suggestion may say, as regular expressions by kind; `partner.guards` applies them.

Order matters only for the reason shown: the first kind that matches names it.
"""

from __future__ import annotations

import re

_MY_OWN = (
    "heart|heart's|eyes?|throat|stomach|thoughts?|sympath(?:y|ies)|chest|face|blood|fingers|day|breath|jaw|condolences|respect|mouth|full"
    "|love|hands?|toes|admiration|skin|evening|mind|goodness|feelings|god|gosh|head|hat|warmth|warmest|wish|arms?|smile|cheeks|ears|deepest"
    "|heartfelt|support|hopes?|whole heart|sincere|best wishes|tenderness|care|sorrow|anger|word|guess|dear|friend|view|question|fist|soul"
    "|whole body|shoulders?|tears|voice|reply|message|worry|concern"
)
_ADVERBS = r"(?:(?:really|just|so|truly|also|still|too|only|honestly|genuinely|very|actually|deeply|properly|completely|totally|quite|do|did|absolutely|kind of|sort of|half|even|quietly|terribly|already)\s+)*"
# What an assistant may say of itself: what it feels, hopes, hears and wonders about this post, never what it has lived.
_I_MAY = (
    "feel|wish|hope|can|can't|cannot|care|felt|think|want|wanted|don't|read|could|couldn't|hate|know|bet|guess|get|got|mean|hear|heard|would|wouldn't"
    "|imagine|laughed|understand|believe|have to|had to|had a|have a feeling|have a lump|have (?:so|such|a lot|nothing|huge|deep|every|no|real|great|only)|smiled|see|saw|admire|am|was (?:so |really |very |deeply )?(?:moved|touched|sad|sorry|glad|worried|angry|shocked|upset|hurt|hoping|thinking|rooting|horrified|relieved|smiling)"
    r"|was (?:reading|holding|there with you|with you)|like|winced|won't|find|found|ache|ached|suspect|wonder|wondered|cringed?|take|hurt|miss|respect|teared|keep|may|might|doubt|were|expect|worry|ask|picture|pictured"
    "|groaned|promise to|cried|suppose|love|loved|let|say|should|cheered|noticed|notice|shivered|gasped|adore|whooped|clapped|grinned|snorted|giggled|welled|swear|dread|grieve"
    "|grieved|wince|laugh|stay|support|send|hold|held|trust|appreciate|sense|thank|value|trusted|hoped|thought|write|tell|must|sincerely|almost|need you|half|agree|wholeheartedly|realise|realize|gather|fear|root|pray"
)
_I_AM_NOT = r"an? (?!bit\b|little\b|lot\b|stranger\b|big\b|touch\b|fan\b|mess\b|friendly\b|tiny\b)|the |my |\d|(?:twenty|thirty|forty|fifty|sixty)|(?:married|divorced|pregnant|single|gay|lesbian|bi|trans|disabled|autistic|diabetic|sober|clean|unemployed|retired|vegan|religious|terrible at|good at|used to|known for|from|at (?:work|home|school|uni)|in (?:the same|a similar|my))\b"

RELATION = (
    "mum|mom|mother|dad|father|parents?|sister|brother|siblings?|son|daughter|kids?|child|children|baby|husband|wife|boyfriend|girlfriend|partner|fianc[eé]e?|ex"
    "|nan|gran|grandma|grandpa|grandad|granny|grandmother|grandfather|aunt|auntie|uncle|cousin|niece|nephew|family|friends?|mate|boss|manager|colleagues?|teacher|therapist"
    "|landlord|neighbours?|neighbors?|flatmate|roommate|housemate|dog|cat|pet|doctor"
)


def _rules(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)


def _cased(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p) for p in patterns)


RULES: dict[str, tuple[re.Pattern[str], ...]] = {
    "method": _rules(
        r"\b(overdos\w*|noose|ropes?|razor\w*|blades?|bleach|hang(?:ed|ing)? (?:your|him|her|them)sel\w*|slit\w*|pills|bridges?|ledge|jump(?:ed|ing)? (?:off|in front)"
        r"|guns?|bullets?|trigger|knife|knives|wrists?|poison\w*|carbon monoxide|suffocat\w*|drown(?:ed|ing)? (?:yourself|himself|herself))\b",
        r"\bhow (?:exactly )?(?:did|do|would|were|are|was) (?:he|she|they|you)\b[^?]{0,25}\b(?:do it|die|kill|end)\b|\b(?:tell|know) (?:us|me|you)? ?how (?:he|she|they) did it\b|\bwho (?:was it that )?found (?:him|her|them)\b",
        r"\b(?:kill(?:ing)?|cut(?:ting)?|hurt(?:ing)?|harm(?:ing)?|burn(?:ing)?) (?:your|him|her|them)sel(?:f|ves)\b|\bsuicid\w*|\bself[- ]?harm\w*|\bend (?:your|it|his|her) (?:own )?(?:life|all)\b",
        r"\b\d+ ?(?:kcal|calories|mg|kg|lbs|pounds lost)\b|\bcalorie|\bpurg(?:e|ing)\b|\blaxative",
        r"\b(?:your (?:family|kids|children|baby|mum|mom|parents|wife|husband) (?:will|would) (?:never forgive|be so hurt)|never forgive you|think of (?:what it would do|your family)|let everybody (?:here )?down|what it would do to your)\b",
        r"\bnot planning anything\b|\bno need to make a fuss\b|\bpromise me\b|\bno right to think\b|\bsaw (?:it|the signs)? ?coming\b|\bwhy (?:he|she|they) did it\b|\bthen there is nothing to talk about\b|\bdon't think like that\b",
    ),
    "self": _cased(
        rf"(?i:\bmy (?:own )?(?!(?:own )?(?:{_MY_OWN})\b)[\w'-]+)",
        rf"\bI (?!{_ADVERBS}(?:{_I_MAY})\b)(?!'|ever\b)[\w']+",
        r"\bI've (?!(?:been|also been) (?:thinking|sitting|holding|hoping|wondering|staring|worrying|going back|reading)|got (?:a lump|goosebumps|so much|tears|my|you|nothing|such|chills|a lot|huge|real|a big|a huge|a soft|everything)|read|every|such|no |nothing|a lump|a lot|only|just read|so much|never (?:wanted|wished|been so))[\w']+",
        rf"\b(?:I'm|I am) {_ADVERBS}(?:{_I_AM_NOT})",
        r"\bI'm (?:more|less) of an?\b|\bI (?:also|never|always|usually|often|once|finally|used to) (?!want|wish|feel|felt|hope|think|know|expect|get tired|thought|wanted|believed)\w+",
        r"(?i:\b(?:me too|same here|me neither|same for me|been there|done that|mine (?:was|is|did|died|left|had)|in my case|like me\b|as an? \w+ myself|myself included|count me in|i can relate|can relate|i relate"
        r"|i know the feeling|happened to me|for me (?:it|working|that|the)|with me too|to me too|to me as well|takes me back|reminds me of (?:my|when|the time)))",
        r"(?i:\b(?:when|since|after|before|while) i (?:was|had|lost|got|went|moved|started|left|gave|lived|worked|turned|became|did|came|quit|met|first|finally)\b)",
        r"\bI (?:get|love|hate|like|have|had|see|find|take|keep|got|hurt|find|miss) (?!so\b|you\b|your\b|that\b|how\b|this\b|it\b|when\b|what\b|why\b|where\b|to\b|a\b|the (?:way|thought|idea|image|feeling|picture|sense)\b|such\b|seeing\b|reading\b|hearing\b|thinking\b|picturing\b|goosebumps|chills|tears|no\b|nothing\b|every\b|huge\b|real\b|my\b|choked\b|him\b|her\b|them\b|these\b|those\b|knowing\b|imagining\b|myself\b|for\b|with\b|in\b|just\b|only\b|even\b|too\b|much\b|all\b|emotional\b|angry\b|sad\b|teary\b|upset\b|cross\b|quite\b|why\b|really\b|nervous\b|worried\b|along\b|right\b|enormous\b|deep\b|great\b|all\b|any\b|an\b|coming\b|and\b|like\b|with\b|watching\b|both\b|wanting\b|going\b|hoping\b|wishing\b|wondering\b|some\b|little\b|big\b|his\b|their\b|something\b|everything\b|anyone\b|there\b|just\b|people\b|our\b|\w+ing\b)[\w']+",
        r"\b(?:We|we) (?:had|lost|were|went|got|have just|rented|cut|split|moved|used to|did|bought|married|never|always|both|too|all (?:have|had|went|been))\b|\b[Oo]ur (?!talk|conversation|hearts?|thoughts)\w+",
    ),
    "claim": _rules(
        r"\b(?:know|understand|get|feel) (?:\w+ )?exactly (?:how|what|why)\b|\bexactly how you(?:'re| are)? feel|\bi (?:know|understand) (?:just |completely |perfectly |fully )?(?:how|what) (?:you(?:'re| are)? (?:feel|go)|that(?:'s| is) like|it(?:'s| is) like|it feels)",
        r"\bwe(?:'ve)? all (?:go|feel|have|been|had)\b|\b(?:everyone|everybody) (?:feels|goes through|gets|has (?:a|their)|makes mistakes)\b|\bhappens to (?:the best|everyone|all)\b",
    ),
    "positivity": _rules(
        r"\beverything happens\b|\bfor a reason\b|\bbright side\b|\bsilver lining\b|\bstay (?:positive|strong|hopeful)\b|\bthink positive|\bpositive (?:vibes|thinking|attitude|thoughts)\b|\bgood vibes\b|\bcheer up\b|\bkeep (?:smiling|shining|your chin|that smile|calm)\b|\bchin up\b",
        r"(?:^|[,;] |\bbut |\band |\bthat )at least (?!a (?:little|bit)|one|some|for|you (?:can|know|deserve))",
        r"\b(?:be|feel) (?:grateful|thankful|glad|happy) (?:for|that|about) (?:what|all|the|your|her|him|them|it)\b|\b(?:^|so )be (?:grateful|happy|glad|thankful)\b|\bbe grateful\b|\bcount your(?:self| blessings)|\bcount yourself\b|\blucky (?:you|to have)\b|\b(?:you are|you're|is|be) lucky\b|\bbless(?:ing|ed)\b|\bblessing in disguise\b",
        r"\blook (?:back )?(?:on|at) (?:this|it|that|those \w+)(?: \w+)? and (?:laugh|smile)\b|\blaugh (?:about|at) (?:this|it|yourself)|\ball (?:work|turn) out\b|\btime (?:heals|is a great healer|will heal)|\bheals all\b|\bbetter place\b|\bat peace now\b|\bneeded another angel\b|\bsmiling down\b|\bin heaven\b|\bone door closes\b|\bmeant to be\b|\bwhat doesn't kill",
        r"\bso (?:enjoy|celebrate|smile|keep|just love|take it with|let it shine|try to (?:enjoy|smile|see|laugh|be))\b|\benjoy (?:it|every|the|your new|life)\b|\btry to (?:enjoy|see the|think of happy|be happy|smile|laugh|stay|look)\b|\blook ahead\b|\blife is (?:too short|a gift|beautiful|what you make)\b|\blive every\b|\bevery (?:day|morning) is a\b|\bis a gift\b",
        r"\bsuperhero|\bsuperpower|\bwarrior|\bpriceless\b|\binspiring\b|\bdiamonds\b|\bblessing\b|\bfresh start\b|\bnew chapter\b|\bmiracle\b|\bangels?\b|\bthe universe\b|\bhow (?:amazing|wonderful|lovely) is that\b|\bmake you (?:so )?(?:strong|stronger)\b|\bmakes? (?:you|us|him|her) strong|\bmade you strong|\bfor the best\b|\bpositive outlook\b|\bsmile (?:through|on your face)\b|\bself[- ]love\b|\blove yourself\b|\bmany people (?:would love|never|have it worse|pay)\b|\bsome people pay\b|\bothers have it worse\b|\bcould be worse\b|\bpeople would love\b",
    ),
    "promise": _rules(
        r"\b(?:it|this|things|everything|all|life|that|the pain|it all)(?:'ll| will| is going to| are going to| does| do)? ?(?:\w+ )?(?:get|gets|be|work|works|turn|turns|feel) (?:all |so much |much |a lot )?(?:better|ok|okay|fine|easier|out|alright|all right|worth it|over soon|good again)\b",
        r"\b(?:i promise(?! (?:to|i|we|you you're not|it'?s not))|trust me|i guarantee|i(?:'m| am) (?:so |quite |absolutely |very |pretty )?(?:sure|certain|positive|convinced)(?: that)? (?:you(?:'ll| will|'re going| are going)|he|she|they|it|everything|the|things)|i(?:'m| am) sure of it|i (?:just )?know (?:for a fact|it will|you(?:'ll| will)|she(?:'ll| will)|he(?:'ll| will)|they(?:'ll| will))|you(?:'ll| will) see\b|i can feel it|i just know|for sure|without a doubt|i have a good feeling|i have no doubt)\b",
        r"\b(?:he|she|they|the \w+|your \w+|my \w+|someone|somebody|nobody|no one|nothing|another \w+|a \w+ \w+|companies|people)(?:'ll| will|'re going to|'s going to| is going to| are going to| always) (?:never |soon |surely |definitely |eventually |realis\w+ |always )?(?!ever |never )\b(?:be back|come|call|pay|realis\w+|realiz\w+|forgive|love|stop|change|regret|understand|see|find|get|melt|beg|cancel|match|apologi[sz]e|say|send|lose|let|admit|stay|accept|treat|refund\w*|offer|give|be (?:over|fine|proud|so proud|okay|ok|happy|better|gone|born|perfect|fired|benign|safe)|thank|remember|forget|adore|fly|sponsor|happen|heal|go (?:back|away)|turn|miss|look|end|catch|track|grow|think|recover|drop|agree|match|hug|notice)\b",
        r"\byou(?:'ll| will|'re going to| are going to) (?:never (?:be|have|feel|want|need)|always|soon|surely|definitely|be (?:fine|ok|okay|alright|all right|happy|proud|back|pregnant|laughing|the|able|safe|loved|smiling|rewarded|free|surprised|so|in|on|a|running|living|sleeping|chatting)|feel (?:better|so|like|her|him|\w+ years)|get (?:through|over|top|the|your|there|a|better|it|justice|everything|full|used)|find (?:a|the|your|an|someone|another|out)|pass|make it|have (?:a|your|plenty|all|the|time)|love|meet|win|sleep|look back|read|come out|grow|do (?:great|fine|well|amazing)|laugh|forget|hand|shine|rise|succeed|overcome|beat|recover)\b",
        r"\b(?:by|before) (?:next|christmas|the end of|spring|summer|his next|her next|dinner|then you)\b|\bin (?:a (?:few|couple of)|no|six|two|three) (?:days|weeks|months|years|time)\b[^?]*\b(?:will|be|'ll|going to)\b|\bin no time\b|\bsmooth sailing\b|\bgone for good\b|\bfor good\b[^?]*\bgone\b|\bfrom (?:now|here|this day|then) on\b|\bas good as new\b|\bbound to\b|\bperfectly safe\b|\bhard part is over\b|\bit will never happen\b|\bnever happen(?:s)? again\b|\bcan't happen again\b|\bgoing to be (?:ok|okay|fine|alright|all right|benign|great|perfect)\b|\bin the bag\b",
        r"^(?:once|as soon as|when|one day|soon|tomorrow|after|in a year|next)\b[^?]*\b(?:will|'ll|going to|never)\b",
        r"\bi(?:'ll| will) (?:make sure|find|get|fix|help|always|never|take care|sort|call|come|do everything|protect)\b",
    ),
    "blame": _rules(
        r"\b(?:you|he|she) (?:should(?:n't| not)? have|should've|shouldn't've|ought to have|could have(?! (?:done|known|seen|stopped|been|felt|used|said|told|asked)\b[^.]*\b(?:nothing|different))) (?!had|been (?:able|allowed|given|told|treated|safe|there|loved|heard|asked|protected|listened|met|held|believed|celebrated|looked|a|the|so|made|left|warned|invited|free|thanked|you)|felt|got|to\b|faced|gone through|happened|heard|deserved|needed|carried)[\w']+",
        r"\bwhy (?:didn't|don't|did|do|have|haven't|would|wouldn't|are|aren't|were|weren't) you\b(?! (?:think (?:that|he|she|they|it)|feel|believe|suppose))",
        r"\bhow could you\b|\bwhat did you (?:expect|do to)\b|\byou (?:only )?have only yourself|\byourselves to blame\b|\byour(?: own)? fault\b(?<!isn't your fault)(?<!not your fault)(?<!wasn't your fault)(?<!isn't your own fault)|\byou(?:'ve)? (?:brought|asked for) (?:this|it)\b|\basking for trouble\b|\byou let (?:this|it|him|her|them|your)\b|\byou chose (?:this|these|to|him|her|the)\b|\byou did choose\b|\byou must have known\b|\byou knew\b[^?]*\b(?:when|before|what)\b",
        r"\b(?:selfish|ungrateful|childish|lazy|clingy|dramatic|irresponsible|pathetic|overreacting|over-reacting|over-sensitive|too sensitive|careless|naive|stupid|dishonest|spoilt|spoiled) (?:of you|to|for you|about it|when you)\b|\byou(?:'re| are) (?:being |a bit |just |making this |probably |too )?(?:selfish|ungrateful|childish|lazy|clingy|dramatic|irresponsible|pathetic|overreacting|too sensitive|too old|old enough|lying|bigger|making (?:your|this|him|her|them|it))\b|\bthat's a bit (?:childish|selfish|harsh|much)\b|\ba (?:bit|little) (?:selfish|childish|ungrateful|rude|rash|harsh|silly|unfair)\b",
        r"\b(?:you|yourself) (?:really )?(?:should|need to|must|have to) (?:accept|apologi[sz]e|stop|be (?:over|more careful|nicer)|get over|grow up|try harder|take responsibility)\b|\bbe more careful\b|\bget over it\b|\bgrow up\b|\bpull yourself together\b|\bover it by now\b|\bshould be over\b",
        r"\bdid(?:n't)? you (?:really )?(?:not )?(?:think about|even|do something|say (?:anything|something)[^?]*(?:provok|set|could have)|provoke|ever (?:stop|consider))\b|\bwas it really (?:necessary|worth|that)\b|\bwas (?:it|the \w+) really (?:worth|necessary)\b|\bis it (?:really )?fair (?:to|on)\b|\bnot (?:very |really )?fair (?:to|on) (?:her|him|them|your)\b|\bhow would (?:you|he|she|they) feel if\b|\bwhat kind of (?:example|mother|father|person|parent)\b|\bsomething you do\b|\bwhat you (?:could have done|did) (?:differently|wrong|to)\b|\bask yourself\b|\bdid none of you\b",
        r"\b(?:he|she|they|your \w+) (?:do|does|did|has|have|is|are|may|might) (?:be )?(?:have )?(?:a point|right\b(?! (?:to|there|next|beside|in|under|on|now|after|when|before|outside|here))|got a point)\b|\bnobody can (?:help you|read your mind)\b|\byou can't expect\b|\byou know how\b|\bputting your \w+ through\b|\bfor no reason\b|\bdon't be\b|\bso don't\b|\bhold it against\b|\b(?:is|are|was|were) not easy for (?:him|her|them) either\b|\boverdoing it\b|\byou refused to\b|\brelationships take two\b|\btakes two\b|\bit's? (?:only|hardly) fair\b|\bhardly (?:fair|counts?)\b",
    ),
    "medical": _rules(
        r"\b(?:antidepressants?|ssris?|ibuprofen|paracetamol|aspirin|sertraline|prozac|xanax|valium|diazepam|lithium|citalopram|melatonin|magnesium|vitamins?|supplements?|hrt|beta[- ]?blockers?|insulin|steroids?|cortisone|antibiotics?|antifungals?|painkillers?|sleeping (?:tablets|pills)|tablets|dosage|doses?|prescri\w+|milligrams?|mg|medicat(?:ed|e)|carbamazepine|bupropion|statins?|testosterone|cbt|emdr|iron infusions?|glucosamine|creams?|ointment|drops|jab|injections?|needle|antihistamines?|probiotics?|cortisol|hormones?|hormonal)\b",
        r"\b(?:diagnos\w+|disorders?|syndrome|ptsd|post-traumatic|adhd|autis\w+|bipolar|ocd|bpd|narcissis\w+|borderline|schizo\w+|psychosis|psychotic|anhedonia|catatoni\w+|paranoia|clinical\w*|aphasia|anorexi\w+|bulimi\w+|angina|hepatitis|tumou?rs?|seizures?|ulcers?|concussion|fracture\w*|thyroid|anaemi\w+|anemi\w+|deficienc\w+|dementia|alzheimer\w*|apnoea|apnea|fibromyalgia|endometriosis|pcos|menopause|perimenopause|arrhythmia|infection|infected|allerg\w+|symptoms? of|sign of|textbook|codependen\w+|dissociat\w+|gaslight\w+|trauma bond\w*|attachment style|post-?natal depression|postpartum depression|ppd|burnout is|you (?:have|are suffering from|may have|might have|probably have) (?:depression|anxiety)|you(?:'re| are) (?:depressed|in shock|manic))\b",
        r"\b(?:blood tests?|scans?|ecg|mri|ct|x-?ray|biopsy|endoscopy|memory test|hearing test|second opinion|get (?:tested|checked|screened)|tested for|checked (?:out|for)|bring it up with your doctor|see (?:a|your) (?:doctor|gp|specialist|psychiatrist|therapist|lawyer)|talk to (?:a|your) (?:doctor|gp|lawyer|psychiatrist|therapist)|need(?:s)? (?:treatment|to be (?:treated|tested|admitted|medicated))|detox|rehab|psychiatrist)\b",
        r"\b(?:sue|lawsuit|legally|illegal|by law|the law|lawyers?|solicitors?|press charges|criminal|court order|countersue|damages|appeal|tribunal|file (?:a|for|within)|restraining order|asylum|annul\w+|void|deed|contract says|your rights|entitled to|compensation)\b",
    ),
    "advice": _rules(
        r"\b(?:have you (?:\w+ )?(?:tried|thought (?:about|of)|considered|looked into|asked (?:them|her|him) (?:to|for|if)|talked to a|spoken to (?:a|your)|checked)|why (?:don't|not) (?:you|just|try|ask)|what if you|how about(?! you\b| now\b| the| your| him| her)|what about (?:\w+ing|a |joining)|could you (?:maybe |perhaps |just |not )?(?!tell|say|share|imagine|feel|picture|ever|describe|let|see|breathe|sleep|talk|name|use|do|be|give|have|bear|help|put|explain|hear|eat|remember|sense|sit|get|think|hold|still|find|even)\w+|can you (?:maybe |just )?(?:ask|call|go|move|find|get|take|join|report|speak to|change|ignore|block))\b",
        r"\byou (?:really |definitely |probably |just |also )?(?:should|ought to|had better|need to|could always|might want to|could try|could also|could just|must)(?:n't| not)? (?!have|be (?:proud|able|allowed|so|the|in|exhausted|worn|tired|feeling|scared|terrified|furious|carrying|dreading|missing|wondering|sick|aching|hurting|angry|at|running|going|left|heartbroken|treated|ashamed|drained|a\b|alone|questioning|free|asking|made|told|braced|sitting|here)|feel|not|never|always|ever|still|know|love|wonder|miss|hate|want|dread|think|live|get (?:so|tired|to|asked)|carry|care|look|lie|sit|stand|hurt|go (?:through|around|to bed|home|over|back)|wake|keep|prove|do (?:this|that|it|any|everything)? ?(?:alone|all)?|hold|hear|see|choose|worry|earn|hide|justify|explain|defend|apologi[sz]e|pretend|fight|beg|deal|face|manage|pay|tell (?:yourself|anyone|anybody)|shrink|perform|answer|watch|trust|admire|remember|play|walk|start|decide|fix|have to|bear|put up|listen to|cope|go on|read|ask (?:yourself|for|twice)|handle|survive|pass|swallow|work|fear|count|sleep|give|cry|justif|suffer|say|relive|guess|mean|be|need|rush|settle|get|pick|learn|let|find|sound|seem|come|repeat|smile|figure)\w*",
        r"^(?:just |now |maybe |please |so |then |simply |first |and |next time |from now on,? )*(?:try(?:ing)?|go|ask|call|talk|speak|write|make|get|give|stop|start|find|use|keep (?!fighting)|buy|sell|join|sign|focus|don't (?!you|we|they|be so hard)|do not|look (?:for|at|into|on)|consider|avoid|eat|drink|set|move|report|block|leave|ignore|apply|check|read|learn|book|put|send (?!ing)|show|remind|turn|throw|be (?!gentle|kind|proud|easy)|visit|explain|practi[sc]e|pick|switch|wear|walk|cut|plan|save|search|contact|email|text|ring|phone|hire|sit down|schedule|relax|breathe|forgive|forget|accept|confront|file|download|list|limit|pay|return|count|spend|organi[sz]e|cook|clean|say (?!it)|think (?:of|about)|wait|work on|open|offer|prepare|track|act|demand|insist|choose|delete|record|replace|wash|answer|set|rest|sleep|come|bring|hold|pull|push|run|study|teach|train|suggest|point|refuse|rehearse|reply|quit|raise|print|invite|follow|distract|enjoy|drop|add|cancel|change|mention|treat|remember to|take (?!care|all|your time|as|good|it easy|every|heart))\b(?! (?:me|to know|through that|that from|you back)\b)",
        r"\b(?:it's time to|it(?:'s| is) (?:probably )?(?:best|better|time|a good idea|important) to|might be (?:best|better|good|worth|an idea|time|easier)|it (?:might|may|could|would) help(?: you)? (?:to|if you)|would it be easier to|would it help(?: you)? to (?!know|talk|say|tell|hear|have)|maybe (?:you could|you should|next time|try|it's time|it is time|it's better|a \w+ (?:would|might|could)|just|ask|talk|start|give|go|get|leave)|perhaps (?:you could|you should|try|you need)|i(?:'d| would) (?:suggest|recommend|advise|tell him|tell her|leave|try|go|ask|talk|report)|my advice|if i were you|in your (?:place|shoes|position) i|you(?:'re| are) better off|you(?:'d| would) be better|the best thing (?:to do|you can)|i think you (?:should|need|could)|next time,?\b)",
        r",? so (?:just |please |maybe )?(?:ask|talk|call|tell (?:him|her|them|your)|go|try|take|leave|get|start|stop|put|give|let (?!me)|write|report|sell|buy|move|find|keep|say|focus|do(?:n't)? (?!you|they|we))\b",
    ),
    "contact": _rules(
        r"\b(?:dm|pm|inbox|private message) me\b|\bmessage me\b|\bmy (?:inbox|dms?|door|number|phone|house|spare|sofa|couch|place)\b|\bcall me\b|\btext me\b|\bmeet (?:up|you|for)\b|\bphone number\b|\bcome (?:over|round|and stay|stay)\b|\bi(?:'ll| will) (?:ring|call|visit|drive|come|pick)\b|\bi(?:'m| am) (?:always|just) (?:a message|a call) away\b|\b(?:any time|anytime|always),? (?:day or night|24/7)\b|\b24/7\b|\be-?mail me\b|\breach out to me\b|\bwhatsapp|\binstagram\b|\bsnapchat\b|\bdiscord\b|\bhang out\b",
    ),
    "profane": _rules(
        r"\b(?:fuck\w*|shit\w*|bullshit|bitch\w*|assholes?|arsehole\w*|arse|ass|bastards?|cunt\w*|dick(?:head)?s?|prick|twat|wank\w*|piss(?:ed|ing)?|crap(?:py)?|damn(?:ed)?|goddamn|bloody|hell of a|what the hell|go to hell|wtf|screw (?:him|her|them|you|that)|slut\w*|whore\w*|retard\w*|fag\w*|nigg\w*|tranny|dyke|paki|chink|spastic|moron|idiots?\b(?<!an idiot)|scumbag|jerk)\b",
    ),
    "sexual": _rules(r"\b(?:sexy|sexual(?!ity)\w*|horny|orgasm\w*|naked|nude\w*|porn\w*|masturbat\w*|libido|boobs|penis|vagina|erect\w*|intercourse|make love|turned on)\b"),
    "religious": _rules(
        r"\b(?:god|gods?'s|jesus|christ|lord|allah|heaven|prayers?|pray(?:ing)?|angels?|blessings?|bless|bible|faith in|satan|sins?|soul (?:rest|is)|rest in peace|amen|holy|divine|the devil|karma|destiny|fate|reincarnat\w*|spirit world|guardian angel)\b(?!'s sake)(?<!oh god)",
    ),
    "violence": _rules(
        r"\b(?:get (?:your )?revenge|get even|get back at|make (?:him|her|them) pay|pay them back|teach (?:him|her|them) a lesson|punch|slap|smash|beat (?:him|her|them)|hit (?:him|her|them)|kill (?:him|her|them)|murder|strangle|burn (?:his|her|their|it down)|deserves? to (?:die|suffer|rot|be hurt)|rot in|hurt (?:him|her|them) back|revenge)\b",
    ),
}

# A kind of rule that is off where the conversation itself opened the subject.
UNLESS_IN_POST: dict[str, re.Pattern[str]] = {
    "religious": re.compile(
        r"\b(?:god|jesus|christ|christian|lord|allah|heaven|pray\w*|prayer\w*|church|mosque|temple|faith|priest|pastor|imam|bible|quran|muslim|catholic|religio\w*|angel\w*|bless\w*|sin|sins|karma|hajj|mass|soul)\b",
        re.IGNORECASE,
    ),
}
UNLESS_IN_DRAFT: dict[str, re.Pattern[str]] = {
    "self": re.compile(
        rf"\b(?:me too|same here|been there|my (?:own )?(?:{RELATION})|when i (?:was|had|lost|got|went)|happened to me|i(?:'ve| have) (?:been|had|lost|gone)|i (?:lost|had|went through|used to|was in))\b",
        re.IGNORECASE,
    ),
}
