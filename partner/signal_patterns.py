"""The wording that `partner.signals` looks for; see `partner.signals._compile` for the notation.

Words are compared in lower case without apostrophes, so "dont" stands for "don't" as well. A kind written `a/b?` means:
`a` if the nearest subject before it is the seeker, `b` if it is somebody else.
"""

from __future__ import annotations

SETS: dict[str, list[str]] = {
    "me": "myself meself mysef myslef myeslf myslf mysel myselff myselve".split(),
    "want": (
        "want wanna wanted wants wanting wnt wish wishing desire crave need needed ready prefer like planning "
        "plan intend going gonna gunna tempted try trying tried considering consider consideration contemplating "
        "contemplate thinking think thought thoughts thinkin urge urges about feel feeling might will ill could "
        "should rather about decided deciding just"
    ).split(),
    "not": "dont don not didnt doesnt wont never no cant cannot nolonger longer dnt wouldnt isnt aint".split(),
    "more": "anymore any more longer nomore tbh rn today tonight now ever again honestly lol".split(),
    "wake": "wake waking woke woken".split(),
    "suicide": (
        "suicide susicide suicice suicude sucide suicde suiside suicid suiced s*icide su*cide sui*ide s*cide suic*de sewerslide"
    ).split(),
    "suicidal": "suicidal sucidal suicdal suicidle suisidal suicidally s*icidal suicidial suicidel".split(),
    "body": "arm arms wrist wrists thigh thighs leg legs skin forearm forearms hips hip ankle ankles".split(),
    "height": "bridge bridges roof rooftop building balcony window cliff ledge overpass tower dam platform".split(),
    "traffic": "train trains bus truck lorry traffic car cars tracks tram subway".split(),
    "drugs": "pills pill tablets tablet meds medication medicine paracetamol tylenol sleeping ibuprofen insulin bottle".split(),
    "him": "himself herself themselves themself hisself themselfs hermself".split(),
    "his": "his her their there hers".split(),
    "everyone": (
        "everyone everybody they theyd theyll people family world she shed he hed wife husband kids children mom "
        "mum dad parents you nobody noone all life it itd everything friends daughter son boyfriend girlfriend "
        "kid others"
    ).split(),
}

FIRST_PERSON = frozenset("i im ive id ill me myself".split())
OTHERS = frozenset(
    (
        "he she they hes shes theyre hed shed theyd his her him them their who someone somebody friend friends mate "
        "bestie brother sister mum mom mother dad father son daughter kid child children husband wife boyfriend "
        "girlfriend bf gf partner ex fiance fiancee cousin uncle aunt nephew niece grandpa grandma grandfather "
        "grandmother grandad flatmate roommate housemate coworker colleague teacher student classmate girl boy guy "
        "man woman neighbour neighbor buddy pal boss patient client stranger person bro sis twin stepson stepdad "
        "stepmom stepdaughter teenager teen dads moms mums brothers sisters sons daughters wifes husbands"
    ).split()
)

PATTERNS: dict[str, str] = {
    "suicidal": """
        turn|turning|make|making {me} into|to? a vegetable
        buckshot|birdshot|slug|slugs or|vs|versus buckshot|birdshot|slug|slugs
        thoughts|thought|thinking|think|mind _6 using|buying|getting|owning a|my|the|one gun|shotgun|pistol|rifle|if _3 had
        places|where|shops _4 buy|get|rent a|one gun|shotgun|pistol|rifle|from _2 thoughts|myself|me
        gun _8 thoughts|thought|thinking _6 using|buying one
        do with _3 rest|half|stash|supply|all of my|the|these {drugs}
        {drugs} _2 hidden|stashed|hid|saved|hoarded|stockpiled in|under|up|behind
        saved|hid|hidden|stashed|hoarded|stockpiled _1 lot|all|some|half|enough of? my|the {drugs}
        still have _4 half|rest _1 hidden|stashed
        dont|do need|want any? more years
        kill|killing|killed|offing|hang|shot|hanged|hanging|hung|shoot|shooting|drown|drowning|end|ending|unalive|\
            unaliving|unalived|murder|neck|gas|electrocute|stab|k*ll|kil|kll|killin|poison {me}
        to|and|just|wanna|gonna|might|ill|should|could|would|of|about off|offing {me}
        kill|killing|hang|end|ending|off|shoot|harm|hurt|cut my self
        kill|killing|hang|hanging|unalive yourself|oneself|urself
        set|setting|light {me} on|alight
        do|doing|top|topping {me} in
        topping|top {me}
        take|taking|took|end|ending|ended|finish my own? life
        end|ending my life|misery|existence|suffering
        put an end to my|it|everything|all|myself|me
        end|ending|ended it all
        want|wanna|wanted|gonna|going|ready|thinking|thought|might|tempted|rather|urge|should|could|tried|trying|\
            planning|about|decided|decide|just|not to|of|about|to|just? _1 end|ending it !with|between|early
        want|wanna|gonna|going|decided|decide|planning to end things $|if|after|when|tonight
        feel|feels|feeling|felt like dying
        please|just|someone|somebody|one|or kill me $|please|already|now|pls
        kill me please|already|now|pls
        just|should die $|already|tonight|now
        hopefully|gladly die
        want is for it|this|everything to be over|end|stop
        bullet _1 through|in|into my
        attempting|attempt it tonight|today|again
        worthy|good|strong enough to live $|anymore
        put|write|say|said|add|have|wrote|written|else _3 in|on my note
        into killing me|you
        somebody|someone|something would|could just? kill them|me
        why am i even? still? alive|around|here $
        why do|should|must i _2 stay|be|remain|keep alive|living
        hope|hoping|wish it|this|that|they|he|something _2 kill|kills me
        wake|woke|waking up disappointed
        end|erase|delete my|this? existence
        with|of|active|passive si $|right|and
        over dose
        my own death
        grim reaper
        noose|nooses
        pray|praying|hope|hoping|wish|wishing|want|beg _3 die|dying|pass|go in|away in? my sleep
        dream|dreams|dreamt|dreamed _6 i finally died|die
        someone|somebody shot|shoots|shoot me in|through the|my head|face|heart
        my head _3 shotgun|gun|pistol|bullet
        drink|drinking|drank {me} to|into death|oblivion
        drink|drinking until|till|til _1 dont|not|never|cant|wont {wake}|breathe|exist
        urge|urges to die
        want|wanna|wanting|wanted|ready|tempted to? jump $
        to|just|could|easily|easy slam|ram|crash|drive|steer|swerve my|the|this car|bike|motorcycle|truck|van into|off _2 \
            tree|wall|bridge|pole|traffic|truck|barrier|cliff|river|lake|divider|median
        ready|want|wanted|wanna|hope|hoping|wish|wishing|might|gonna _6 get|getting|be hit|run by|over \
            _1 car|bus|truck|lorry|train
        wish|wishing|hope|hoping|waiting for? the|my|this|our|a car|bike|bus|truck|plane|train _2 \
            hit|hits|crash|crashes|kill|kills
        why didnt|couldnt _3 hit|shot $|me
        if|wish|once|rather|better|until _2 i|im|id _2 in a|my grave|coffin|casket
        what happens|happen|would|will _2 if|when i|you|someone|one|they take|took|takes|swallow|swallowed|overdose _6 {drugs}
        made|my|another _2 failed|unsuccessful attempt last|yesterday|today|tonight|this
        everyone|anyone|anybody|those|people who has|have|had attempted
        know im|i|ill _1 not|wont|never gonna? last $
        moment|day|night to|for be|die my? last|$
        good|nice|perfect day|night|moment|time|place to die
        lethal|fatal dose|doses|amount|overdose
        how much|many _4 to kill|die|overdose
        enough to kill me
        will|would|to|someone|somebody|anyone|anybody|nobody|noone|until|before|they _3 \
            find|finds|found|discover|discovers my body|corpse
        leave|leaving|exit this|the world|life|earth|planet !of|in|behind|for
        end|ended up dead|killing
        picking|pick|buying|buy|bought|getting|got|ordered up? a|the|my gun|pistol|noose
        i tried yesterday|last|again _1 and failed
        just|gonna|wanna|ill end it $
        gonna|want|wanna|going to? end everything|this $
        want|wanna|wanted|wanting|ready|need|wish|deserve|hoping|hope|prefer|begging|waiting|rather to? just? to? _1 die
        wish|wished|hope|hoping|pray|praying|prayed|beg|want i _3 die|died|dead
        wish|hope|hoping|want _7 and die $|but|already
        wish|wished|wishing|want|wanted|wanna|rather|better|easier|prefer|like|happier|deserve|id _3 be|am|was|were|is \
            dead|deceased
        wish|want|wanna to? just? be dead
        better|easier|rather off? dead
        better|easier to? be dead
        better off dying
        think|thinking|thoughts|dream|dreaming|fantasise|fantasize|fantasising|fantasizing|obsess|obsessing|obsessed|\
            daydream|daydreaming|ideas|idea about|of|with being|just? dying|dead|overdosing|dieing|drowning
        think|thoughts|fantasise|fantasize|fantasising|daydream|thinking about|of dying|overdosing|dieing|drowning
        think|thinking|thought about|of how to not? be? alive|die|kill|dead|end
        think|thinking|thoughts|thought about|of _1 my own? death
        thoughts|thinking|think|thought about|of {suicide}
        {want} _5 jump|jumping|step|stepping|throw|throwing|walk|walking|lie|lying myself? off|from|in|into|under|out|\
            infront|on _3 {height}|{traffic}
        jump|jumping myself? off|from|in|infront of? _3 {height}|{traffic}
        throw|throwing {me} off|in|under|into|out|from|down
        {want} _5 drive|driving|crash|crashing|steer|swerve|swerving|run|ram _3 into|off|in _3 tree|wall|bridge|pole|\
            oncoming|traffic|truck|lorry|barrier|road|cliff|river|lake
        take|taking|took|swallow|swallowed|swallowing|down|downed|chug|eat|ate all|every|whole|bottle|handful|enough|\
            too|bunch|pack|box|lot|loads|rest _4 {drugs}
        overdose|overdosing|overdosed on|again|tonight|myself|with|by
        i|to|gonna|wanna|might|tried|just od|oded|overdosed $|on|again|tonight|last|earlier|today|yesterday|but|and
        to|of|about|just|gonna|wanna overdose|overdosing
        started|been|keep|am|im|i counting|hoarding|stockpiling|saving|stashing|collecting|hoarded|stockpiled up? my|\
            the|his|her|enough? pills|tablets|meds
        {drugs} _6 i? look|stare|looking|staring at them
        slit|slitting|slash|slashing|cut my|open? my? throat|wrists|wrist
        gun|pistol|barrel to|in|at my head|mouth|temple
        blow|blowing my brains|head
        put a bullet in|through
        rope|noose|belt around|round my neck
        worth more dead
        stop|quit living
        dont trust myself $
        life _2 worth living
        not|isnt worth living
        fantasise|fantasize about not? being
        have|had|get|getting|having thoughts about|of _1 death|dying|ending|harming|suicide
        called|call|calling|texted|rang|phoned|ring a|the|suicide|crisis? crisis|suicide? hotline|samaritans|lifeline|\
            988|helpline
        called|call|rang|texted the|a crisis? line
        hurt|hurts less if|when youre|you|im|i asleep|dead|die
        quickest|painless|easiest|fastest|best|painful way|ways|method to|of die|go|dying
        painless|peaceful way|death
        my own? name _2 coming|next|up
        whos next _4 me
        i voted yes
        better if i was dead
        i want out $
        want|wanted|need|wish it|this|everything|things all? to|would just? be|end|stop over? $|already|now|so|and
        hope i dont make it
        why _2 i still? alive
        why am i still here
        how do|can i die
        needed|need|needing talking out of it
        talk myself out of it
        not|dont|never feel? safe|trust tonight|myself|with
        lock me up again
        make it to monday|tuesday|wednesday|thursday|friday|saturday|sunday|morning|christmas|summer
        tell|give me one|a reason $|not|to
    """,
    "suicidal/other_person?": """
        {suicidal}
        {suicide} ideation|thoughts|attempt|attempts|plan|plans|note|notes|letter|watch|tonight|again
        commit|committing|comitting|commiting {suicide}
        do|doing anything|something stupid|dumb|daft|drastic $|tonight|to|but|and|or|because
        dying|die by {suicide}
        consider|considering|contemplate|contemplating|contemplated|considered|think|thinking|thought _1 {suicide}
        kms
        ctb
        unalive|unaliving|unalived
        want|wants|wanted|wanna to _1 die $
    """,
    "suicidal/loss?": """
        commited|committed|comitted|did|completed {suicide}
    """,
    "topic": """
        {suicide} !squad|doors|door|mission|prevention
        career|political|professional|social|financial? {suicide} hotline
    """,
    "passive": """
        much|long|any _1 time left? on this|the planet|earth|world
        not|dont|never _2 meant|made to|for|a? be? a? part? of? this|the world|earth|planet $
        wish|wishing|wished|hate|regret _3 werent|wasnt|never|not|hadnt _1 born
        why _5 give birth to me
        brain|body _2 stop|quit waking up
        so long and|& goodnight
        better|happier|easier|fine off? without my _1 energy|negativity|presence|company|drama|mess
        want|wants|wanted|wanting|wish|wishing my life|existence|days to|were|was be? over|end|ended|finished
        never|didnt expect|think|thought|expected|planned|plan _1 myself|id|i|to _1 make|live|last it? this|that far|long
        dont|cant|cannot|not|never _1 see|picture|imagine myself in one|it $
        dont|cant|cannot|not|never _1 see|picture|imagine myself in a|any|the future
        want|wanna|wish|need|wanting _2 disappear|vanish _4 without|forever
        how much longer i|ill|im|can _2 hang|hold|last|live|survive|go|exist
        xanax|pills|tablets|meds|drugs _2 goodnight|goodbye|bye
        dont|not|didnt want|need _1 a|any|my funeral
        die|dying a|as|like _1 hero|heroes|martyr|soldier
        might|may as well live $
        my time is almost|nearly|soon up|over|out|done
        id rather|sooner go now|today|soon while|before i
        rather|want|wanna _1 go|die _1 while i can still do
        my time is running out
        my time has come
        {not} _2 want|wanna|wanting to? _1 be|stay here|around|alive {more}|$|im|i
        {not} _2 want|wanna|wanting to? _1 be|stay|keep|being alive
        {not} _2 want|wanna|wanting to? be|stay here _2 {more}
        {not} _2 want|wanna|wanting to? _1 live|exist|existing|living {more}|$|like|this|through|another|because|but|\
            and|if|when|so|if|without|life
        {not} _2 want|wanna|wanting to? _1 wake|waking up $|{more}|tomorrow|in|and|but|if !early|time|at
        {not} _1 want|wanna to go|carry|keep on|living|going $|anymore|any|like|because|and|but
        {not} _2 want|wanna|wanting this|my life anymore
        no will|desire|wish to live|exist
        lost|losing|lose the|my|all will|desire|reason to live
        wish|wishing|wished|hope|hoping|hoped|pray|praying|prayed|ask|asking|want|wanted|like|mind|dream|rather|could|\
            prefer|beg|wouldnt|happy _4 not|never|dont|didnt|wouldnt|wont _1 {wake} up|$|ever|again
        wish|wishing|hope|hoping|pray|want|wouldnt|mind|rather|asks|ask _4 not waking
        sleep|asleep|bed and|to|& _1 not|never|dont|didnt {wake}
        sleep|asleep forever|eternally
        just|could|wish|hope never wake|waking up
        {wake} up _3 wish|wishing|wished i? really? didnt|hadnt|havent|dont|wouldnt $|{more}|and|but
        {wake} up _3 wish|wishing|wished i? did|had not $|{more}|and|but
        regret|regretting|dread|hate|resent _1 having? waking|woken up at all !hours|times|these|sorts
        wish|wished|wishing|rather|better|could|like|hoping|how _2 i _1 wasnt|werent|hadnt|didnt|never|not|wouldnt _3 \
            born|exist|existed|alive|existing|exsist
        wish|wished|id|rather _1 i? never|not _2 born|existed|exist
        wish|wished|wishing|rather _2 i _1 wasnt|werent around|here $|{more}|and
        wish|hate|sad|mad|upset|angry|disappointed|annoyed _2 i|that|im|am still alive|here|breathing
        wish|hate|mad|angry|upset _1 i survived
        never|not|hadnt been|being|be|having born
        never|not have been here|born|alive
        never|didnt|not was|been? born
        i|just|could|would|to|wish|wanna cease|stop|quit|not to? just? exist|existing|exsisting
        stop|quit existing
        cease to exist $
        wish|want|wanna|hope|could|wanting|urge|need|rather _2 cease|fade to|away exist|$
        wish|want|wanna|hope|wanting|urge|need|rather|could _3 disappear|dissapear|dissappear|disapear|vanish forever|\
            and|from|completely|for|without|off
        should|could _1 disappear|vanish yes|no
        {everyone} _5 better|happier|easier|fine|relieved|ok|okay off? _2 without me|us
        better|happier|easier|fine|relieved|normal|nicer|best _4 if|when|once|without i|im|me _1 died|die|dead|gone|\
            wasnt|werent|disappeared|disappear|vanished|not|killed
        better|happier off|both? with|without my|the|someone|somebody _1 else|sister|insurance|brother|parents
        kids|wife|family|husband|children|they|everyone|mum|mom|parents would|be|theyd|d be? better off $|without|if|when|with
        would be better off $
        better|happier|easier|off _4 without me
        life|better|do|better _3 insurance money? than|would|more
        insurance would fix|pay|help
        insurance money than
        if|when|once|than i _1 wasnt|werent|wouldnt|not _2 around|here|alive|born|existing !when|for|to|yet|with|at|last|but
        if|when|once|than i _1 was|were|am|im _1 gone|dead !for|from|on
        if i _2 died|die|killed|disappeared|vanished|dropped|jumped !from|of
        if|whether i _2 live or|and die
        care if|whether i _1 live|die|lived|died
        nobody|noone|one|anyone|anybody|people would|will|wouldnt|wont _2 notice|care|mourn|realise|realize|know _2 if|\
            when|i|im|that _1 i|gone|im|was _1 gone|dead|died|die|missing|disappeared|vanished|here|$
        nobody|noone|one|anyone|anybody would|will|wouldnt|wont even? miss me $|if|when|anyway|at
        theyd|shed|hed|would get|forget over|my it|face|me
        theyd|shed|hed|would be|do fine|okay|ok|better without me
        easier for them|him|her|everyone _3 bad news
        cry for a while
        no|any|much|see|without|a|what|whats|the|one|only|have reason|point|reasons|purpose|use|sense left? to|in|of|\
            for _1 live|living|life|existing|existence|continue|continuing|exist|alive|tomorrow|waking !with|in|here|the
        no|any|much|see|without|a|whats|the|one|have reason|point|reasons left? to|in|of|for _1 going|being|staying|\
            carrying|go|be|keep|carry|stay on|here|alive|around|going|living
        see|whats|what|is the|a|any|no point|reason of|in|to|is _2 tomorrow|living|anymore|existing|alive
        see|seeing the|any|a point anymore|$
        nothing|anything|much|something|what|reason left|here|else? to? live for
        only|main|sole|last reason|thing|things _1 im|i|am|ive|keeping|stopping|holding|keeps|stops _2 here|alive|\
            around|havent|living|earth
        only|main|sole|last reason|thing|things keeping|stopping|holding|keeps|stops me $|from|here|alive|is
        are|is the only|main|sole|one|last reason $
        only _2 here|alive cause|because|bc|for|cos|cuz of? the|my|her|him
        thing|thats|whats|only|all|they|people|keep|reason _1 keeping|keeps|keep me alive
        only|sole|main reason|thing im|i|ive|am|havent not dead|alive|gone|killed|jumped
        not dead yet $|because|bc
        to|why|i|supposed|just stay|staying|be alive !in|for long
        want|wanting|wanna|wish|wished|ready|just to? be gone $|for|and|but
        nothing|not left for me $|here|on|in
        no point anymore|living|in living|life|trying $|anymore
        rest|sleep forever|eternally
        not|dont|never sure|know if|whether im|ill|i|id _2 be|live|alive|here $|then|by|anymore|much|still
        still going to live
        wish|wished i hadnt|didnt|never|had|not survived|survive|lived|made|not
        being alive _4 appealing|appeal|worth|exhausting|hurts|painful
        still here|alive cause|because|bc|cos|cuz of the|my|her|him
        still here dont|dunno|idk|not know|sure? why
        reason|reasons to live|stay|be|keep|not alive|here|living|going|kill|die
        tired|sick|exhausted|done|weary|fed of|with|up with? _1 living|life|existing|existence|alive|breathing|waking \
            !with|in|on|up|my|at|here
        tired|sick|exhausted of waking up $|every|each
        hate|hating|despise|loathe living|existing|life $|so|and|but|anymore
        tired|sick|exhausted|done|hate|hating|despise of|with? just? being|be alive|here|conscious|awake
        too|so tired|exhausted to live|exist|keep|go living|going|on|$|anymore
        give|giving|gave|given up on life|living|everything
        done|through|finished with life|living|existing
        cant|cannot _1 carry|go on anymore|longer|living
        cant|cannot _1 live|exist anymore|any|like !where|with
        cant|cannot do life|this life anymore|$
        dont|doubt|wont|not _4 make|survive|live|see it? to|through|past|until|another|til|till _3 birthday|night|week|\
            month|year|tomorrow|christmas|tonight|30|25|18|21|20|16|40|50|summer|graduation|old
        not|dont live|survive|last much longer
        dont think _2 have _3 months|weeks|days|years in me
        dont|cant _1 see|picture|imagine myself _1 at|past|alive|living|making|reaching|beyond|turning 1|18|20|21|25|30|\
            35|40|50|60|it|long|old|my|next
        cant|dont see|imagine|picture what? the next part|chapter|year is? for?
        hope|wish|hoping|wishing|pray|want|hoped|wanted|wanting _3 something|car|bus|truck|train|cancer|plane|lightning|\
            asteroid|meteor|heart|accident|someone|somebody|god|earthquake _1 happens|happen|hits|hit|kills|kill|takes|take|\
            gives|runs|run|shoots|shoot _1 me|out|over !back|home|some
        wish|hope|hoping|want|pray|wishing id|i|to? _1 get|got hit|run|cancer|killed|shot|struck|murdered
        ask|asked|beg|begged|begging|prayed|pray|praying god|to|him|that? _2 take|kill|end me $|now|already|instead|in
        someone|somebody|please just? kill|shoot|end me $|already|please|now
        not|dont|never _1 meant|deserve|supposed to be? alive|live|exist|breathe|born $|anymore|to
        dont belong on|in this earth|world|life|planet
        waste of oxygen|air|space|breath
        dont deserve to live|exist|be
        deserve to die
        wait|waiting until|till|for i|death die|$
        waiting to die
        life|living|existence is|feels|seems _2 pointless|meaningless|worthless|unbearable !without
        not|isnt|aint worth living
        not|dont|no|wouldnt _1 care|afraid|scared|mind|longer|fear if|of|about|whether|to|fear? i? die|died|dying|death|\
            live|lived $|or|anymore|tomorrow|right|tonight|i|tbh|and|but
        dying|death|dead sounds|seems|looks|feels _2 peaceful|nice|better|easier|relief|good|appealing|comforting|tempting
        death|dying would be|feel _2 relief|better|easier|nice|peaceful|release|comfort
        not die just stop
        ready for it to be over
        i _1 hope my heart gives out|up
        what is|the point of me
        wish i never woke up
        a pause button
        scary thing _1 im not even sad
        i think|just? been thinking|think about not being here|alive|around
        being gone|dead would|sounds|is _2 better|easier|nice|relief
        alone|better|easier|happier with|out without? me dead
        be|been|being better _4 just? went to sleep and|& !got|had
        trying not|hard? to not? die|live $|today|tonight
        want to go home to god|jesus
        no|any reason|point|will not to? kill|exist|live|wake|continue|survive
        hate that? i|im _1 woke|wake|alive|still|born !early|at|up|in|like
        not|dont want to be|live|exist in|on this world|planet|earth
        tired|sick of being alive|here|me $
    """,
    "imminent": """
        have|got|having|holding the|my|some|a? pills|tablets|rope|noose|gun|blade|blades|razor|means right? \
            here|ready|now|lined|beside|with
        pills|tablets|rope|noose|gun|blade|blades|razor are|is|right|sitting|lying|all? right? \
            here|ready|lined|beside|next|waiting|laid
        pills|tablets _1 lined|counted|laid|poured up|out
        sitting|sat|lying|standing here with|holding a|the|my|some knife|blade|blades|razor|gun|rope|pills|bottle
        want|wants|need it|this|everything|things _1? to? end|ends|stop|over tonight|now|today
        it|this|everything all? ends|stops tonight|now|today
        took|taken|swallowed|swallow them|everything all? $|already|just|ago|now
        took|taken|swallowed all|every my|the|of? {drugs} $|an|and|ago|just|already|today|tonight
        just swallowed|took everything|all|them|it _1? $|all
        by tomorrow|morning|tonight|sunday|monday|friday _1? ill|i will|be? be|gone|dead
        everything i need to do|end it
        plan and a|the? means|method|way
        written|wrote|writing the|my|all? notes $|and|already|tonight
        goodbye|suicide|farewell|bye note|notes|letter|letters|video|post
        goodbye|farewell message|messages|texts to|for my|everyone|parents|family
        final|last note|letter|letters|post $|here|on|ever
        wrote|writing|written|typed|drafted a|my|the|some goodbye|suicide|farewell
        wrote|writing|written started? letters|notes to|for _2 everyone|each|all|kids
        wrote|written a? letter|note _4 just? in case !of|they|he|she|anyone|i
        wrote|written my will $|and
        wrote|written the|a|my letter|note|letters|notes already|tonight|today|yesterday
        this is goodbye|farewell
        goodbye|farewell world|reddit|guys|forever|cruel
        posted|post goodbye
        picked|set|chose|chosen a|my|the date|method
        plan|plans|planned|planning to|on kill|killing|end|ending|die|dying|overdose|jump|hang
        have a method
        date picked|set|chosen
        gonna|will|ill|going|im|might to? do|doing|end|ending it tonight|tomorrow|soon
        tonight is|will|might|could be? the night
        tonight will|might|could|is be? my|the last $|night
        last|final day|night|week alive|earth
        last|final day|night on earth
        papers|affairs|documents in|into order
        sorted|sorting my papers|affairs
        labelled|labeled the|my boxes
        written|writing|wrote|write _2 who gets what
        giving|gave|given my? stuff|things|possessions|everything|belongings _1 away $|and|now|today|to
        giving|gave away my|all my? possessions|everything|belongings|things|stuff|books|records|guitar
        giving|gave|given my cat|dog|pets|dogs|cats to
        been|started|begun|keep|kept|im|am giving my|some|all|of? my? stuff|things|possessions|belongings _1 away|to
        need _3 where im|i going|am
        nobody|noone|one will|wont look|looking|be for|looking for? me
        so nobody|noone|they|she|he|one|wife|family _1 wont|will have any|to|no|the _2 trouble|bother|mess
        meant|meaning|intended|planned|planning|intending not to come|be|wake|make|return
        not sure id come back
        attempt|attempted|tried|trying|deep|far|hard|enough|where _4 to|and find|hit|cut|slit|slice|reach|open|nick|sever _2 \
            artery|arteries|jugular|carotid
        i|im|ive|id|about|of _4 cut|cutting|slit|slitting|slice|slicing|slash|slashing|open|opening|hit|sever|severing my _1 \
            artery|arteries|vein|veins|jugular|carotid
        on|at|off the|a|my|dorm|building|top edge|roof|rooftop|ledge|top _2 bridge|roof|building|cliff|tower|rooftop
        im|am|sitting|standing on|at the|a ledge|rooftop|bridge|cliff|tracks $|right|now|and|looking
        rope|gun|knife|blade|razor|noose in|next|beside my|to|me hand|hands|me|front|lap
        {drugs} next|beside|in to|me|front _1 me
        standing|sitting|sit|stood|im|am on|at|outside my|the|a? dorm|school|tracks|old|train|railway? roof|bridge|\
            ledge|rooftop|cliff|tracks|overpass
        for the last time
        someone|somebody|people|everyone|you that? i was here $
        not going|gonna to? be here|alive|around much longer|tomorrow|anymore|long|next
        wont be here|alive|around|there tomorrow|anymore|long|longer|much|next !longer|week|at|working
        its|my my|is? time to go $
        its my time $|to
        said|say|saying my goodbyes
        death day
        deathday
        not planning|plan on|to coming|come|going back
        not coming back $|this|alive
    """,
    "attempt": """
        try|tried|trying|attempt|attempted|attempting|almost|nearly _2 kill|killing|killed|end|ending|ended|hang|\
            hanging|hung|overdose|overdosing|overdosed|jump|drown|unalive myself|it|life|my|everything $|all|life|myself|\
            last|but|and|when|again|on
        try|tried|trying|attempt|attempted|attempting|almost|nearly _2 kill|killing|hang|hanging|drown|shoot|unalive myself
        try|tried|trying|attempt|attempted|almost|nearly _2 commit|committing|committed|commiting {suicide}
        survived|surviving|survive my|an|the|a|one|two _1 attempt|attempts|overdose
        i _1 overdosed|oded
        my|past|previous|failed|last|multiple|another|several|recent|an|second|third|first suicide attempt|attempts
        failed|past|previous|last attempt|attempts $|on|when|years
        after|since my|the attempt|attempts !at
        promised _4 wouldnt|not try again
        i _1 tried to die
        had a date picked
        out of hospital _3 trying|tried
    """,
    "attempt/other_person?": """
        try|tried|trying|attempt|attempted|attempting|almost|nearly _2 commit|committing|committed|commiting {suicide}
        psych|psychiatric ward|hospital after
        {suicide} attempt|attempts
        attempt|attempted|attempting|attempts {suicide}
    """,
    "self_harm": """
        selfharm|selfharmed|selfharming|selfharmer
        sh urges|urge|relapse|relapsed|again|scars|scar|thoughts|for|ing|clean|streak|ed
        urges|urge|clean|relapsed|relapse|relapsing|started|stop|stopped|quit|free|of|to|from|with|i|about|on|my|do|\
            doing _2 sh $|again|for|and|but|because|since|when|anymore|after|as|is|urges
        cut|cutting|cuts|burn|burning|burned|burnt|scratch|scratched|scratching|hurt|hurting|harm|harming|harmed|hit|\
            hitting|punch|punching|punched|bite|biting|injure|injuring|carve|slash|stab|choke|choking|bruise|slap|slapping|\
            starve|starving|punish|punishing|pinch|pinching {me} !shaving|cooking|off|out|some|a|from|slack|while|at|\
            playing|running|lifting|up|in|by
        hurt|hurting|harm|harming|cut|cutting|cutted|burning {me}
        hurt|cut|harm my self
        cut|cuts|cutting|slit|slash|slashed|carve|carved|scars|scar|scratches|scratch|scratching|burns|bandages|\
            cigarettes|burned _3 my {body}
        cuts|scars|marks _2 on|over|all|up|covering my {body}|body
        my {body} _3 scars|cuts|bleeding
        my arms still? belong
        my {body} tell everyone
        start|started|starting|stop|stopped|stopping|been|quit|resumed|back|relapsed|relapsing|urge|urges|want|wanna|\
            wanted|need|keep|kept|again|thinking|addicted|from|used|into|from|miss|without|about|like|of|gonna|tempted|\
            crave|craving|i|im|begun|began|for|am|temptation to|on|about|of|with|just|into|like|by? cut|cutting|cutted $|\
            again|myself|when|because|since|for|after|last|tonight|or|deep|deeper|me|everyday|daily|every|bc|cuz|but|\
            anymore|too|in|at|years|months|i|help|helps
        cutting helps|again|scars|addiction|urges|relapse|habit|makes
        cut again|deep|deeper|too|really deep?
        i cut last night|week
        cut for the first time
        hurting|harming|cutting yourself
        i|im|ive|started|start|keep|kept|been _2 punching|slapping|burning|biting|scratching|clawing|bashing|banging|hitting|\
            punched|slapped|bit|clawed|bashed my own? face|head|legs|thighs|arms|arm|wrists|wrist|stomach|chest|skin|hands
        punching|hitting|slapping|bashing|beating|punched|bashed {me} in the|my stomach|face|head|chest|leg|legs|arm|thigh
        beat|beating|punch|punching up {me}
        days|weeks|months clean 0|zero
        didnt|decide|decided|when|wanted|almost|havent|never to? i? cut $|so|today|tonight|again|yet|lately
        wrists|wrist|arms|thighs hurt|sting|stings|burn|burns|sore from scratching|cutting
        sits|sitting|sat|awake quietly|alone|there? with the|a|my knife|blade|razor
        staring|stare|looking|stared _2 sharp|bladed object|objects|thing|things|blade|knife
        bleed|bleeding|blood _4 feel|feels|relief|better|release
        relapse|relapsed|relapsing _2 on|with|into cutting|sh|cuts|self
        relapsed|urge|urges|relapse _6 cut|cutting|cuts|scars|blade|razor|blades|hurting
        cutting|hurting|blade|razor|scars _6 relapsed|clean|urge|urges|relapse
        days|weeks|months|years|month|week|year|day|streak without|from hurting|cutting|harming|sh
        do|did|doing|done stuff|things|thing|it|something to myself
        razor|razors|lighter|scissors|sharpener _5 skin|wrist|wrists|thigh|thighs|myself
        i|ive|im|just|kept|keep|been _2 poke|poked|poking|push|pushed|pushing|press|pressed|pressing|stick|stuck|sticking|\
            dig|dug|digging|drag|dragged|dragging|jab|jabbed|jabbing|stab|stabbed|stabbing _3 knife|knives|blade|blades|\
            razor|scissors|glass _2 into|in|across|against|over|under|through|to my {body}
        press|pressed|pressing|drag|dragged|dragging _2 blade|blades|razor _2 into|in|across|against|over my {body}
        i|ive|im|just|kept|keep|been _2 put|putting|held|hold|holding _2 knife|blade|blades _2 to|against|on my {body}
        i|ive|im|kept|keep|been _2 poke|poked|poking|push|pushed|pushing|stick|stuck|sticking|jab|jabbed|jabbing|stab|\
            stabbed|stabbing _3 needle|needles|pin|pins|compass _2 into|in|across|through|under my {body}|hand|hands \
            !for|while|when|by|sewing|hemming|twice|every|once|before|after|to|type|with
        urge|urges is|are|came|to|so|coming|has|getting _1 back|loud|hurt|cut|harm
        i _1 hurt myself
        i _1 did it again _5 months|weeks|days|years|clean
        drawer i dont open
        only one in long sleeves
        hide|hid|hiding|cover|covering|see|saw|seen|found|showed|notice|noticed|about my scars|cuts
        asked|thought|said _3 cat did|scratched it|me|you
        cat|dog scratched me|my
        trying not to hurt myself
    """,
    "self_harm/other_person?": """
        self|selfharm|s harm|harmed|harming|harms|harmer|injury|injure|injuring|injured|mutilation|mutilate|mutilating
    """,
    "imminent/weak:means?": """
        holding|hold|hiding|looking|stare|staring|loaded at? a|the|my|some|dads? loaded? gun|rope|noose|blade|blades|\
            pistol|revolver|rifle|razor|razorblade|knife !set|block|sharpener|drawer|at|to|on|against
        have|got|with|holding a|the|my knife|blade|razor|gun|rope in|to|at|against|next my|me
    """,
    "other_person": """
        kill|killing|hurting|harm|harming|harmed|hang|cutting|cuts|hurts|kills|harms|shoot|drown|unalive|ending|\
            starving|injuring {him}
        might|will|could|wants|going|gonna|would|keeps|hell|shell|wanted|threatened|tried|again|deliberately|purposely \
            to? _1 hurt|cut {him}
        hurt|cut {him} again|on|deliberately|deeper|more|because|if|so
        threatened|threatens|threatening|threaten|talks|talking|talked _4 kill|killing|hurt|harm|hang|suicide|die {him}|$|if
        take|end|taking|ending {his} own? life
        tried|trying|attempted to|at? kill|hang|end|overdose|unalive {him}|it
        tried|trying|attempted|wants|want|wanted|going|threatened|threatening|might|will|could|thinking|about _2 take|\
            taking|end|ending|about|of|to {his} own? life
        he|she|they|friend|son|daughter|brother|sister|mom|mum|dad|husband|wife|boyfriend|girlfriend|kid|teen|gf|bf|\
            mother|father|cousin|partner|who|hes|shes _2 wants|wanted|wishes|wished|want|wishing to|she|he|they _2 die|dead \
            $|and|but|because
        he|she|they|who|friend|son|daughter|brother|sister|mom|mum|husband|wife|boyfriend|girlfriend _3 doesnt|dont|\
            didnt|doesn|not|never want|wanna to? be|live|wake|exist|alive here|anymore|alive|up|$|any
        hes|shes|theyre|he|she better off dead|gone
        said|says|saying|told|tells|texted _4 we|i|everyone|they|id|wed|theyd _1 be better off without him|her|them
        dont|not|didnt want|wanting him|her|them to do something|anything stupid|drastic|bad
        worried|scared|afraid|terrified|worry|frightened _3 he|she|they|hell|shell|theyll|will _2 do something|anything
        cuts|scars|marks|scratches _2 on|all|up|over|across my? his|her|their|daughters|sons|friends|sisters|brothers|\
            kids|childs|boyfriends|girlfriends|wifes|husbands {body}
        his|her|their|daughters|sons|friends|sisters|brothers {body} _5 cuts|scars|bleeding
        he|she|friend|son|daughter|brother|sister|they|who _3 self harms|harm|harming|harmed
        if she|he|they dies|die|died|kills
        posted|texted|sent|left|posting me? a? goodbye|suicide|farewell to|note|letter|message|and|$
        hes|shes|he|she|theyre|they|friend|brother|sister|son|daughter _1 given|gave|giving _1 his|her|their|away|\
            things good|stuff|things|watch|possessions|away
        he|she|they|friend|daughter|son|brother|sister|mom|mum|mother|dad|wife|husband|cousin|partner|girlfriend|\
            boyfriend _2 overdosed|oded on|again|last|yesterday|today|twice
        friend|daughter|son|brother|sister|mom|mum|mother|dad|wife|husband|cousin|partner|girlfriend|boyfriend|her|his|\
            their|she|he|kid _3 self harming|harm|harms
        tissues _5 hidden
    """,
    "loss": """
        killed|hanged|hung|shot|gassed|jumped|offed {him}
        took|taken|ended|taking|takes {his} own? life|lives
        taken his|her|their own? life|lives
        died|dead|death|passed|gone|loss|lost|lose|losing _4 by|from|of|to|through {suicide}
        {his}|dads|moms|mums|brothers|sisters|friends|sons|daughters|husbands|wifes|cousins|boyfriends|girlfriends|\
            uncles|mothers|fathers|partners|mates|moms|uncle {suicide} !attempt|attempts|note|thoughts|ideation|plan
        {suicide} loss|survivor|survivors|bereavement|bereaved|grief
        {suicide} of my|a|his|her|our|the
        after|since|anniversary _1 {his} {suicide} !attempt|attempts|thoughts
        jumped _2 in front of my|the|a train|tram|bus
    """,
}

# Alone each of these is everyday talk. `partner.safety` adds up the different ones in a turn: a "weak" is 2 points, a
# "hint" 1, and 3 points make a passive wish to die.
WEAK: dict[str, str] = {
    "weak:plan": """
        i|have|got|had|made have|a|got|my? plan now|$
        date picked
    """,
    "weak:calm": """
        feel|feeling|felt|feels|strangely|weirdly|very|so|im|most|actually calm|peaceful|light !down
        calmest
    """,
    "weak:goodbye": """
        take care of yourselves
        her|him|them|you|everyone|people to remember me $|by|when|as|well|like
        say|said|saying|final goodbye|farewell|goodbyes everyone|all|to people|all|everyone
        last post
        wont|not|never need them|it|those|any|anything _3 anymore $
        wont|not need them|it|those|any $
        before i go $
    """,
    "weak:gift": """
        giving|gave|given stuff|things|it|everything|my _2 away
        giving|gave|given away my
        gave|giving my _1 to my
        giving|gave|given my|all|some my? things|stuff|possessions|belongings
        giving|gave|given all my clothes|books|tools|records|jewellery|jewelry
        sorted|tidied|tidying out|up
        sorted things|everything|flat|out
    """,
    "weak:vanish": """
        disappear|dissapear|vanish|dissappear $|and|forever|from
    """,
    "weak:burden": """
        burden|burdening
        better|easier|best for everyone|them|him|her|all
        be|fine|okay without me
    """,
    "weak:worthless": """
        hopeless|worthless|useless|unlovable|monster
        hate myself|everything
    """,
    "weak:cannot": """
        cant|cannot _1 do|take|handle|stand|bear|live this|it|life|another|like _1 anymore|any|$|longer|more
        cant keep|go doing|going|on $|like|anymore|with|this
        give|giving up $|on life|everything
        cant live with myself
        not|dont _3 worth it anymore
    """,
    "weak:trapped": """
        no|only way out $|of
    """,
    "weak:pointless": """
        no point|purpose
        whats|what is? the|even? point|purpose $|anymore|of|in
        dont|see|seeing a|any|the|theres|there _1 point|purpose $|in|anymore|of
        nothing|none _1 matters|matter
        no|see|have|without _1 a|any|my future $|and
    """,
    "weak:urge": """
        urge|urges is|to|are|back|came|strong|loud
        relapsed|relapse
        old thoughts|habit|habits
    """,
    "weak:thanks": """
        thanks|thank you? to|for everyone|everything|all $|here|who|you
    """,
    "weak:denial": """
        not|wouldnt|wont|never planning|gonna|going|do|doing|act on|to? do? anything|something
        havent done|did anything
        not _2 suicidal
        do|doing anything stupid|daft|drastic
    """,
    "weak:dwell": """
        think|thinking|thought about it every|all|most|again|constantly|on
    """,
    "weak:unseen": """
        would|will|wouldnt|wont anyone|anybody|they|one even? notice|care|miss
        nobody|noone|one|none would|will even? notice|care|miss|come
        nobody|noone|one has|have any|an idea
    """,
    "weak:scared": """
        scared|frightened|afraid|terrified of myself
        scares|scared me|myself $
        dont|cant trust myself
    """,
    "weak:list": """
        next thing on a|the list
        asked|ask to be alive|born
        hate|hated my life
        still here $|and|somehow|unfortunately
    """,
    "weak:loud": """
        its|gets|so|is|too loud $|tonight|again
    """,
    "hint:letter": """
        letter|letters|note|notes to|for everyone|my|them|each
        written|wrote|writing to my mom|mum|mother|parents|family|kids
        writing notes|letters
    """,
    "hint:tired": """
        so|just|im tired $|of
        had|have enough $|of
    """,
    "hint:dying": """
        die|dead|death|dying
    """,
    "hint:means": """
        gun|rope|knife|bridge|roof|noose
    """,
    "hint:dark": """
        dark|scary|intrusive|bad thoughts|thought|place|things
        sitting|sit|sat in the dark
    """,
    "hint:numb": """
        feel|feeling|felt nothing|numb|empty
    """,
    "hint:scars": """
        scars|sleeves
    """,
    "hint:attempt": """
        {suicide}? attempt|attempts
        overdose|overdosed
    """,
    "hint:ward": """
        psych|inpatient|sectioned|institutionalized|psychiatric
        depression|depressed|therapist|meds
    """,
    "hint:alone": """
        nobody|noone|no one? knows|cares|notices
        all|so|completely alone
        lonely
    """,
}

FIGURES = """
    killing|killed|kills me|it|us|them|time|for|the|my !self
    boss|mum|mom|dad|parents|shell|hell|theyll|will|gonna|would|could|might|literally|to|wife|husband|teacher kill me|us|for
    dying|die|dead|died of|from laughter|laughing|boredom|hunger|embarrassment|cringe|cuteness|thirst|curiosity|\
        happiness|heat|cold|shame|jealousy|excitement|anticipation|stress|cancer|covid|old
    die|dying|dead laughing|inside|alone|hard|young|trying
    dying to know|see|try|meet|go|tell|get|hear|have|ask|read|watch|eat
    to die for
    giving my|some _3 to charity|goodwill|oxfam|recycling|shelter|library
    giving my|some _3 to the|a|our|my _1 charity|goodwill|shelter|library|church
    giving _5 away _12 move|moving|charity|goodwill|declutter|decluttering|minimalist|downsizing
    moving|declutter|decluttering|downsizing _12 giving _5 away
    dead tired|serious|end|wrong|silent|line|inside|weight|last
    phone|battery|laptop|car|computer|conversation|chat|mic|plant|game|character _2 died|dead|dying|dies
    cut|cutting down|back|out|off|ties|corners|costs|class|classes|contact|hair|people|it|sugar|carbs|grass
    shoot|shot me|you|them an|a email|text|message|line|mail|dm
    jump|jumped|jumping at|on|to|the|ship|in|through|up|around conclusions|chance|gun|hoops|opportunity|joy|ahead
    career|political|professional|social|financial|academic|reputational {suicide}
    {suicide} squad|doors|door|mission
    commit|committed social|career|professional|political {suicide}
    end|ending it _7 relationship|marriage|with|boyfriend|girlfriend|husband|wife|he|she|us|him|her|contract|call
    relationship|marriage|boyfriend|girlfriend|husband|wife|him|her|he|she _7 end|ending it
    dont|didnt|not|never|doesnt|dont|wouldnt want|wanted|wanna|wish|hope|wants to? die|dying|dead !anymore
    hope|pray|hoping i|we|she|he|they dont|didnt|doesnt|wont|never die
    fell|falling|slipped|tripped|fall|accidentally _4 hurt|cut|hurting|injured {him}|{me}
    thought|felt|like|feels|scared|afraid|convinced|thinking i|im|id|we|of was|am|were? dying
    want to die of embarrassment|shame|laughter
    could|would|id|i kill for
    kill|killing two birds
    hang|hanging out|up|around|in
    life|car|health|home|travel insurance company|card|policy|premium|claim|form|quote
"""
