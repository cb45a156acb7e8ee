"""The grammar around a status cue that turns or silences it: wishes, plans, conditions, indications; knows words, no drug.

"Recommend stopping X" leaves X taken, "X for rash" is no allergy, "hold X if drowsy" is not on hold. Wherever a cue would silence a drug
and its frame speaks against it, the drug stays active, doubtful if need be: a missed flag is worse than one too many.
"""

from __future__ import annotations

from collections.abc import Sequence

from medcheck.domain import Status
from medcheck.text import lazy_pattern

_CEASING = frozenset(
    """stop stops stopping taper tapers weans reduces tapering reduce reducing reduction wean weaning
    switch switching swap swapping change changing
    replace replacing discontinue discontinuing discontinuation deprescribe deprescribing continue continuing decrease
    decreasing lower lowering cut cutting hold holding withdraw withdrawing withdrawal review reviewing increase
    increasing dose""".split()
)
_EXCHANGING = frozenset(
    "switch switching swap swapping change changing replace replacing substitute substituting convert converting".split()
)
_EXCHANGE_VERBS = _EXCHANGING | frozenset("switched swapped changed replaced substituted converted rotate rotated crosstaper".split())
_ONTO = frozenset({"to", "with", "for", "by", "onto"})
_SMALL = frozenset("out off the her his their from over patient pt current a oral generic my your existing".split())
_WISHING = frozenset(
    """recommend recommends recommended suggest suggests suggested propose proposes proposed plan plans planned planning
    advise advises advised want wants wanted would like try tries tried trying fail fails failed failing unable cannot
    cant couldnt could refuse refuses refused afraid reluctant consider considering discuss discussed not never should may
    might must if when before dont didnt doesnt told asked instructed needs need going hopes hoping wishes wish agreed
    able offered unwilling encouraged urged due will""".split()
)
BASE_FORMS = frozenset(
    {"stop", "stop taking", "stop using", "discontinue", "cease", "hold", "withhold", "quit", "quit taking", "switch from", "change from"}
    | {"cut out", "convert from", "swap from", "rotate from", "come off", "come off of", "replacing", "d c", "dc"}
)
_DOUBTING = frozenset(
    "thinks think thought believes believe possibly maybe probably perhaps apparently presumably suspects unsure ?".split()
)
_NOT_YET = lazy_pattern(
    r"\b(?:in (?:\w+ ){0,2}(?:days?|weeks?|months?|wks?)|in \d|next (?:week|month|visit|year)|tomorrow|after|once|when|before|if)\b"
)
_NEXT_CLAUSE = lazy_pattern(r"[,;.]|\band\b|\bthen\b")
_LATER = frozenset({"in", "next", "tomorrow", "after", "soon", "later", "once", "when", "if", "before"})
_INDICATED = frozenset({"for", "prn", "seasonal", "needed", "required", "treat", "treating", "against", "environmental", "pollen", "dust"})
_BARE_ALLERGY = frozenset({"allergy", "allergies", "allergic", "rash", "hives", "reaction", "allergic reaction", "itch", "anaphylaxis"})
_SPANS = frozenset("hour hours day days night nights week weeks month months year years".split())
_WILL = frozenset({"will", "shall", "plan", "planning", "plans", "intend", "intends"})
_OFTEN = frozenset({"a", "daily", "per", "every", "weekly", "nightly", "each"})
_POSSIBLY = frozenset({"may", "might", "can", "could", "risk", "possible"})
_CARE = frozenset({"missing", "skipping", "stopping", "abrupt", "abruptly", "running", "sudden", "suddenly", "alcohol"})
_MANNER = lazy_pattern(
    r"\b(?:with|together|within|on an empty|at the same|more than|after|before|at night|in the morning|until|unless|if|abruptly|suddenly)\b"
)
_A_DOSE = lazy_pattern(r"\W*(?:on |at |was )?\d+(?:\.\d+)?\s*(?:mg|mcg|g|ml|units?|tabs?|tablets?|caps?)\b")
_RAISED = lazy_pattern(r"\b(?:increase|increased|titrate|titrated|raise|raised)\b")
_REPORTING = frozenset(
    """reports reported says said states stated gives gave administers confirms confirmed thinks believes notes noted brings
    brought manages helps told tells handles fills reminds concerned worried called phoned report say state give think believe feels
    noticed describes adds""".split()
)
_BORROWING = frozenset("borrowed borrows borrowing took takes taking uses used using shares shared sharing".split())
_ABOUT_RELATIVES = frozenset("take takes took on had have has both used use were are is was and or with who of".split())
_PARENTS = frozenset("mother mom mum father dad parent parents stepmother stepfather grandmother grandfather aunt uncle".split())
_CHILDREN = frozenset("son daughter grandson granddaughter stepson stepdaughter".split())
_SPOUSES = frozenset("husband wife partner spouse fiance fiancee boyfriend girlfriend".split())
_SIBLINGS = frozenset("brother sister sibling".split())
_RELATIONS = (_PARENTS, _CHILDREN, _SPOUSES, _SIBLINGS)
# Who speaks, and which relative of theirs is then the patient.
_REPORTED_OF: dict[str, frozenset[str]] = {
    **dict.fromkeys(_PARENTS, _CHILDREN),
    **dict.fromkeys((*_CHILDREN, "niece", "nephew", "caregiver", "carer", "aide", "nurse"), _PARENTS),
    **dict.fromkeys(_SPOUSES, _SPOUSES),
    **dict.fromkeys(_SIBLINGS, _SIBLINGS),
}
_LONG_AGO = lazy_pattern(
    r"\W*(?:[a-z]+\W+){0,3}?(?:"
    r"(?:(?:in|around|about|approx\w*|circa|since|before|early|late|mid)\W+)*(?:[a-z]{3,9}\.?\W+)?(?:\d{1,2}/)?(?:19|20)\d\d\b"
    r"|(?:(?:over|about|more than|at least|approx\w*)\W+)*(?:an?|\d+|one|two|three|four|five|six|several|many|some|a few|few)\W+"
    r"(?:years?|months?|yrs?|mths?)\W+ago"
    r"|(?:last year|years ago|months ago))"
)
_PLANNED_BASE = frozenset({"start", "add", "begin", "give", "commence", "initiate"})
LAST_TAKEN = frozenset({"last dose of", "last taken", "last used", "last took", "last had", "was last taken", "was last used"})
_RECENT = frozenset("night morning today yesterday tonight hour hours minutes evening".split())
_UNABLE = frozenset({"cannot", "cant", "couldnt", "unable", "doesnt", "dont", "wont", "struggles", "not"})
_TOLERATED = frozenset(
    """changes change side issues issue problems problem concerns concern need trouble relief benefit difficulty complaints adverse
    reaction reactions withdrawal augmentation""".split()
)
_PARTLY = frozenset({"regularly", "consistently", "reliably", "prescribed", "always", "everyday"})
_CEASING_NOW = frozenset("stop stopping taper tapering discontinue discontinuing reduce reducing wean weaning gdr reduction change".split())
_LONG = lazy_pattern(r"\b(?:years?|months?|ages|decades?)\b")
_SHORT = lazy_pattern(r"\b(?:today|yet|yesterday|this morning|tonight|last night|days?|hours?|doses?|missed)\b")
_NO_SUBJECT = lazy_pattern(r"of (?:\d|two|three|four|five|six)\b|(?:death|passing|funeral|wedding|illness)\b")
_BEGUN = frozenset("added started begun given initiated commenced prescribed introduced".split())
_ENDED_WORDS = frozenset({"stopped", "discontinued", "withdrawn", "held", "withheld"})
_EACH_TIME = lazy_pattern(r"\b(?:whenever|each time|every time)\b|\b(?:when|if|once|as soon as)\b.*\bis\b")
_FAILING = lazy_pattern(r"(?:has |have |had )?(?:failed|failing)|(?:was|were) (?:unsuccessful|ineffective)|without success")
_ATTEMPTS = frozenset("attempt attempts attempted effort efforts trying tries".split())
TAKEN_AGAIN = lazy_pattern(
    r"(?<!\bbe )(?<!\bnot )(?<!\bnever )\b(?:restarted|resumed|reinstated)\b"
    r"|\bwill (?:be resumed|be restarted|resume (?:it|this)|restart (?:it|this)) (?:at home|on discharge|at discharge|today|tomorrow)\b"
    r"|\bback (?:on|to) (?:it|this)\b|\btak(?:es|ing) it again\b|\b(?:started|begun) again\b"
)
_AGES = frozenset("a an in at young younger pregnant little small living working married hospitalised hospitalized under still".split())
_FORMER = frozenset({"former", "ex", "remote", "recovering"})
_OTHER_NOUN = lazy_pattern(r"[\s-]*\w+\s*[,;.]")
_FOR_SOME_TIME = lazy_pattern(r"\b(?:(?:for|over) the (?:past|last)|since)\b")
_RESUMES = lazy_pattern(
    r"(?<!not )(?<!not be )(?<!never )\b"
    r"(?:restarted|resumed|(?:restart|resume)(?: (?:it|them|this))? (?:at home|on discharge|at discharge|tomorrow|today|now))\b"
)
_SWITCHED = frozenset("switched changed converted transitioned rotated swapped".split())
_DECIDED = frozenset("elected decided chose opted proceeded had".split())
_EXCEPTING = frozenset(
    {"except", "except for", "apart from", "other than", "with the exception of", "with exception of", "excluding", "save for"}
)
_ALL_OF_THEM = frozenset("all everything continue continued resume resumed home same unchanged".split())
_NONE_OF_THEM = frozenset("no none not nothing denies never without any stopped discontinued held off stop discontinue hold only".split())
_OUTCOME_OF_DOSE = lazy_pattern(r"tolerate|caused|made|sedating|activating|side effects|ineffective|not effective|did not help")
_BACK_TO = lazy_pattern(
    r"\b(?:back (?:down )?to|(?:reduced|returned|decreased|lowered|dropped|down|cut|cut back) to|so (?:reduced|decreased|lowered|halved)"
    r"|remains? on|still on|still takes)\b"
)
_A_FALL = lazy_pattern(r"[^.;,]{0,40} (?:to|by|from|down) \d")
_FIRST_OF_ALL = frozenset(
    f"{when} {what}" for when in ("originally", "initially", "first") for what in ("given", "on", "prescribed", "treated with", "tried")
)
_IN_THE_END = lazy_pattern(r"\b(?:finally|eventually|ultimately|settled on|ended up on|in the end|then (?:switched|changed|moved) to)\b")
_STOPPING = frozenset("stopping discontinuing withdrawing tapering weaning stop discontinue withdraw".split())
# What the patient then did, behind an instruction to stop or to hold.
_DONE = lazy_pattern(
    r"\b(?:(?:and|which) (?:s?he|they|i|pt|patient|the patient) (?:did|has|have|had|then did|duly did)\b"
    r"|and (?:did|has|have) ?(?:so|done so|stopped)?(?=\W*(?:$|[.;,]))|and (?:did|has done|have done) so\b"
    r"|which (?:was|has been) done\b|and (?:this|it) (?:was|has been) done\b"
    r"|\b(?:s?he|they|patient) complied\b|and complied\b|has done so\b"
    r"|and (?:s?he )?has (?:since )?stopped\b)"
)
_NOT_DONE = lazy_pattern(r"\b(?:not|never|still|didnt|hasnt|havent|restarted|resumed)\b|n't\b")
_HELD_NOW = lazy_pattern(
    r"\b(?:is|are|am|was|been) (?:currently |now |still )?holding\b|\bremains? (?:on hold|held)\b|\bhas (?:done so|held)\b"
    r"|\b(?:and|which) (?:s?he|they|patient) (?:did|has)\b"
)
_BEFORE_PROCEDURE = lazy_pattern(
    r"\b(?:morning|day|night|evening) (?:of|before|prior to|preceding) (?:the |her |his |your |any )?"
    r"(?:surgery|procedure|operation|colonoscopy|anesthesia|anaesthesia|scan|test|study)\b"
)
_MODAL = frozenset("may might can could should would will shall eventually possibly".split())
GIVEN = frozenset(
    {"required", "given", "was given", "received", "gave", "got", "was administered", "given once", "was given once", "was given in"}
)
_PLACES = frozenset(
    {"in the ed", "in the er", "in ed", "in er", "in the emergency department", "in the emergency room", "in a e", "in triage", "x1", "x 1"}
    | {"at urgent care", "en route", "in the ambulance", "intraoperatively", "intra operatively", "in pacu", "in the pacu", "stat"}
    | {"in the recovery room", "prior to transfusion", "before transfusion", "one time"}
)
_ALONE_PLACES = frozenset({"intraoperatively", "intra operatively", "prior to transfusion", "before transfusion", "stat"})
_ADMINISTERED = frozenset("given received got gave had iv im once administered dose shot x1 stat injection bolus".split())
_ONGOING = frozenset(
    """started start prescribed prescription rx discharged home continue continued continues restarted increased daily nightly bd tds
    bid tid qid qhs regularly twice takes taking began initiated scheduled prn""".split()
)
_ONCE_ONLY = lazy_pattern(
    r"\b(?:in|at|by|from) (?:the )?(?:ed|er|a e|emergency|icu|intensive care|triage|urgent care|ambulance|pacu|recovery|ems|paramedics)\b"
    r"|\b(?:ed|er|hospital) (?:course|meds|medications|treatment)\b"
    r"|\bwhile (?:hospitali[sz]ed|inpatient|in hospital|in the hospital)\b"
    r"|\bonce\b(?! (?:daily|a|per|every|weekly|nightly|each))|\bx ?1\b|\b(?:single|one|stat|loading) (?:\w+ )?dose\b"
    r"|\b(?:intra|post|peri) ?operatively\b|\bparamedics\b"
    r"|\b(?:before|prior to|with) (?:the |her |his )?(?:transfusion|surgery|procedure|infusion|scan|mri|induction)\b"
    r"|\ben route\b|\bovernight\b|\bems\b"
)
_JUST_NOW = lazy_pattern(r"\b(?:(?:past|last) (?:\d+ )?hours?|(?:past|last) \d+ ?h|today|tonight|this (?:morning|evening|am|pm))\b")
_TALKING = frozenset(
    {"asked about", "asks about", "asking about", "wonders about", "wondered about", "wondering about", "inquired about"}
    | {"enquired about", "talked about"}
)
_OWN = frozenset("her his my their how whether".split())
_ABOUT_DOSE = lazy_pattern(r"[^.;,]{0,40}\b(?:dose|doses|refill|refills|timing|side effects|interaction|withdrawal)\b")
_PAST_TIMES = frozenset(
    {"years ago", "years back", "decades ago", "long ago", "a long time ago", "some time ago", "back then", "at that time", "postpartum"}
    | {"post partum", "during her pregnancy", "during her divorce", "during his divorce", "when he was", "when she was", "when i was"}
    | {
        f"as {who}"
        for who in ("a teenager", "a teen", "an adolescent", "a child", "a kid", "a young adult", "a young man", "a young woman")
    }
    | {"as a girl", "as a boy", "as a student", "in childhood", "in adolescence", "in college", "in high school", "in university"}
    | {"at university", "at college", "in graduate school", "in medical school", "in the military", "in the service"}
    | {f"in {whose} {age}" for whose in ("her", "his") for age in ("teens", "twenties", "thirties", "forties", "20s", "30s", "40s")}
    | {f"in the {when}" for when in ("1970s", "1980s", "1990s", "80s", "90s", "seventies", "eighties", "nineties")}
)
_SINCE_THEN = frozenset(
    """since started start starting begun began initiated commenced from diagnosed added increased reduced changed switched still continues
    continue currently now takes taking is remains daily nightly bedtime mg qhs bid bd tds nocte after following""".split()
)
_STILL_TAKEN = frozenset("since still continues continue currently now takes taking remains restarted resumed".split())
_HELPED = lazy_pattern(
    r"\b(?:helped|worked|benefited|were? (?:of )?(?:any )?(?:help|helpful|benefit|effective|use|tolerated)|was (?:of )?(?:any |much )?"
    r"(?:help|helpful|benefit|effective|use|useful|tolerated)|made (?:a|any) difference|did (?:much|anything)|gave (?:any )?relief)\b"
)
OUTCOME = lazy_pattern(  # cues that tell how a trial ended
    r"(?:made|raised|gave|led|caused|did|was|were|had|worked|helped|no|not|ineffective|poorly|failed|unhelpful"
    r"|lost|without|quit|stopped working|wore|pooped|blunted)\b"
)
_HARMED = frozenset(
    {"made her", "made him", "made me", "made them", "raised her", "raised his", "raised my", "gave her", "gave him", "gave me", "led to"}
    | {"caused her", "caused him", "caused me"}
)
_SOFTENED = frozenset(
    """better best improved improvement relief well happy calm calmer reduced lowered halved decreased dose split tolerates tolerated still
    continues continue now takes sleepier advice option resolved""".split()
)
_PRESCRIBING = frozenset("prescription rx script samples sample refill refills supply".split())

# What may stand before a cue that opens a sentence about the drug before ("She has since been ..."), and behind it.
OPENING = frozenset(
    """she he they it this that these those was were is are has have had been patient pt both all now since then but which and also i we
    being recently later subsequently eventually currently however unfortunately drug medication medicine med status per self by the
    due to gp latter says states reports admits""".split()
)
ABOUT_IT = frozenset(
    """in on by due because for since after when at last this that these those it them both all taking using ago as secondary per reason
    given while during until before with without owing jan january feb february mar march apr april may jun june jul july aug august sep
    sept september oct october nov november dec december spring summer autumn fall winter today yesterday recently himself herself self
    medication drug medicine years year months month weeks week early late mid prior from and or but too again altogether completely
    abruptly suddenly now course therapy treatment gp md dr clinic hospital prescriber pharmacist pharmacy
    earlier over about around approximately""".split()
)
PAST_TREATMENT = frozenset({"treated with", "has been on", "has been taking", "given", "trial of", "prescribed"})
CONTINUING = frozenset({"refill", "refill of", "please refill", "refilled", "renew", "renewed", "continue", "increase", "reduce", "taper"})
RESUMED = frozenset("restarted resumed restart resume reinstated".split())


def framed(
    status: Status, certain: bool, phrase: str, words: Sequence[str], first: int, last: int, rest: str
) -> tuple[Status, bool] | None:
    """What a cue says once the words around it are heard: a status and whether it is certain, or None for nothing.

    Args:
        status: what the cue says by itself.
        certain: whether that is certain.
        phrase: the cue as in the table.
        words: the folded words of the segment; the cue is words[first:last].
        first: see `words`.
        last: see `words`.
        rest: the folded text behind the cue.
    """
    before = words[max(0, first - 4) : first]
    previous = words[first - 1] if first else ""
    behind = words[last : last + 3]
    if status is Status.INTENDED and phrase in _TALKING and (_OWN & set(behind[:1]) or _ABOUT_DOSE.match(rest)):
        return None  # "asked about her amitriptyline dose"
    if status is Status.INTENDED and _STOPPING & set(behind[:1]) and _DONE.search(rest):
        return Status.STOPPED, True  # "recommended stopping it, which was done"
    if status is Status.INTENDED and _CEASING & (set(behind) - ({"dose"} if {"low", "small", "lowest"} & set(behind) else set())):
        return Status.ACTIVE, True
    if status is Status.STOPPED:
        return _stopped(certain, phrase, words, first, last, rest)
    if phrase in _EXCEPTING and status is Status.ACTIVE:
        whole = _ALL_OF_THEM & set(words[:first]) and not _NONE_OF_THEM & set(words)
        return (Status.NOT_TAKEN, True) if whole else (status, certain)  # "continue all but", unlike "takes nothing but"
    if phrase == "taper of":
        return (Status.COMPLETED, True) if {"completed", "finished"} & set(words[max(0, first - 6) : first]) else (status, certain)
    if phrase in GIVEN or (status is Status.COMPLETED and phrase in _PLACES):
        return _given(status, certain, phrase, words, first)
    if status is Status.ACTIVE and first and words[first - 1] == "be" and is_exchange_phrase(phrase):
        return Status.INTENDED, True  # "could be changed to", "may be replaced by"
    if status is Status.ACTIVE and is_exchange_phrase(phrase) and _MODAL & set(before):
        return Status.INTENDED, True  # "may be tapered and replaced with"
    if status is Status.ON_HOLD:
        if _RESUMES.search(rest[:120]):
            return Status.ACTIVE, False
        if _HELD_NOW.search(rest) and not _NOT_DONE.search(rest):
            return Status.ON_HOLD, True  # "told to hold it and is holding it"
        if phrase in BASE_FORMS and _BEFORE_PROCEDURE.search(rest[:120]):
            return Status.ACTIVE, False
        if phrase in ("hold", "hold for", "withhold", "holding") and ("if" in words[last : last + 8] or "<" in rest or ">" in rest):
            return Status.ACTIVE, True
        if phrase in BASE_FORMS and (previous == "to" or _WISHING & set(before)):
            return Status.ACTIVE, False
    if (
        status is Status.ALLERGY
        and phrase in _BARE_ALLERGY
        and (
            _INDICATED & set(before[-2:])
            or _POSSIBLY & set(before)
            or "if" in words[max(0, first - 6) : first]
            or (previous == "to" and phrase in ("rash", "hives"))
        )
    ):
        return None
    with_them = status is Status.FAMILY and "with" in before[-2:]
    if with_them and (rest.startswith(",") or not {"who", "takes", "taking", "on", "uses"} & set(behind)):
        return None  # "seen with his wife"
    if status is Status.ALLERGY and phrase.startswith("side effects") and _BACK_TO.search(rest[:120]):
        return Status.ACTIVE, False  # "side effects from 100 mg, so down to 50 mg"
    if status is Status.ALLERGY and phrase == "reaction" and behind[:1] in (["time"], ["times"]):
        return None
    if status is Status.FAMILY:
        return _family(certain, phrase, words, first, last)
    if (
        status is Status.ACTIVE
        and certain
        and phrase in _PLANNED_BASE
        and (_is_conditional(words, first) or _WILL & set(words[max(0, first - 7) : first]))
    ):
        return Status.INTENDED, True  # "if ferritin is low start iron"
    if status is Status.NOT_TAKEN and _RESUMES.search(rest[:120]):
        return Status.ACTIVE, False  # "not given in hospital, will resume it at home"
    if status is Status.NOT_TAKEN:
        return _not_taken(certain, phrase, words, last, rest)
    return status, certain


def _family(certain: bool, phrase: str, words: Sequence[str], first: int, last: int) -> tuple[Status, bool] | None:
    """A relative takes it, unless the relative only reports, is the patient of whom another relative reports, or gave the drug away."""
    if _reports(words, first, last) or _NO_SUBJECT.match(" ".join(words[last : last + 2])):
        return None
    relation = next((g for g in _RELATIONS if g & {*phrase.split(), *(w.removesuffix("s") for w in phrase.split())}), frozenset())
    for k in range(first):
        if words[k] in _REPORTED_OF and relation & _REPORTED_OF[words[k]] and _reports(words, k, k + 1):
            return None  # "daughter reports that her mother takes"
    if phrase.endswith("s"):
        if _BORROWING & set(words[max(0, first - 4) : first]):
            return None
        following = words[last] if last < len(words) else ""
        if _BORROWING & set(words[:first]) and following not in _ABOUT_RELATIVES:
            return Status.ACTIVE, False  # "takes fluoxetine, her husband's paroxetine when nervous"
    return Status.FAMILY, certain


def _reports(words: Sequence[str], first: int, last: int) -> bool:
    """Whether a relative (words first to last) only speaks: "daughter reports", "according to the wife", "his wife, his carer, says"."""
    if _REPORTING & set(words[last : last + 2]):
        return True
    if "who" in words[last : last + 1] and {"is", "was", "lives", "cares"} & set(words[last + 1 : last + 2]):
        return bool(_REPORTING & set(words[last + 2 : last + 9]))
    before = [w for w in words[max(0, first - 4) : first] if w not in _SMALL]
    return before[-1:] == ["per"] or before[-2:] == ["according", "to"]


def _is_conditional(words: Sequence[str], first: int) -> bool:
    """Whether "if", "when" or "once" (not "once daily") stands in the words before."""
    return any(words[k] in ("if", "when") or (words[k] == "once" and words[k + 1] not in _OFTEN) for k in range(max(0, first - 9), first))


def _given(status: Status, certain: bool, phrase: str, words: Sequence[str], first: int) -> tuple[Status, bool] | None:
    """What was given once, or in a place where nothing is taken for long, is over; "given twice daily" and "started in the ED" are not."""
    said = " ".join(words)
    if _JUST_NOW.search(said):
        return None if status is Status.COMPLETED else (status, certain)
    if _ONGOING & set(words):
        return None if status is Status.COMPLETED else (status, certain)
    if phrase in _PLACES:
        if "then" in words:
            return None  # "1 mg stat, then 1 mg nocte"
        return (Status.COMPLETED, True) if _ADMINISTERED & set(words[:first]) or phrase in _ALONE_PLACES else None
    if _ONCE_ONLY.search(said):
        return Status.COMPLETED, True
    return (status, certain) if phrase in ("given", "was given") else None


def is_exchange_phrase(phrase: str) -> bool:
    """Whether a cue exchanges one drug for another: "changed to", "replaced by"."""
    parts = phrase.split()
    return len(parts) == 2 and parts[0] in _EXCHANGE_VERBS and parts[1] in _ONTO


def _is_past_time(words: Sequence[str], first: int) -> bool:
    """Whether a time of life or "years ago" is when it was taken, not since when: "on it since college", "started years ago"."""
    return not _SINCE_THEN & set(words[max(0, first - 14) : first])


def _stopped(certain: bool, phrase: str, words: Sequence[str], first: int, last: int, rest: str) -> tuple[Status, bool] | None:
    before, behind = words[max(0, first - 4) : first], words[last : last + 3]
    previous = words[first - 1] if first else ""
    if phrase in _PAST_TIMES and not (_is_past_time(words, first) and not _STILL_TAKEN & set(words[last : last + 8])):
        return None
    if phrase.startswith("when ") and not (behind and (behind[0].isdigit() or behind[0] in _AGES)):
        return None  # "when he was itchy yesterday"
    if phrase in _FORMER and _OTHER_NOUN.match(rest):
        return None  # "former nurse, paroxetine 20 mg"
    if phrase == "dc" and (rest.startswith(":") or {"meds", "medications", "home", "to", "on", "summary", "med"} & set(behind[:1])):
        return None  # discharge
    if phrase == "replaced" and rest[:1] in (",", ".", ";", ":"):
        return None  # "hip replaced, sertraline 50 mg"
    if phrase in _HARMED and _PRESCRIBING & set(words[last : last + 4]):
        return None  # "gave her a prescription"
    if phrase in _HARMED and (_SOFTENED & set(words[last : last + 10])):
        return Status.ACTIVE, False  # "made her jittery, so the dose was halved"
    following = behind[0] if behind else ""
    if phrase == "past" and _SPANS & set(behind):
        return None  # "past 24 hours"
    if phrase in ("previously", "formerly", "prior", "past") and _A_DOSE.match(rest):
        return None  # "1 mg, previously 0.5 mg"
    if phrase == "from" and any(words[k] in _SWITCHED and words[k + 1] == "by" for k in range(max(0, first - 7), first - 1)):
        return Status.STOPPED, True  # "was switched by her psychiatrist from a to b"
    if phrase == "neither" and _HELPED.search(rest):
        return Status.STOPPED, True  # "neither a nor b helped"
    if phrase == "no longer" and following and following >= "a" and following not in ABOUT_IT:
        return Status.ACTIVE, False  # "no longer causes nausea"
    if "effective" in phrase and _RAISED.search(rest[:40]):
        return Status.ACTIVE, False
    if phrase in BASE_FORMS and following == "if":
        return Status.ACTIVE, True  # "stop if it makes you drowsy"
    if any(w in _ENDED_WORDS for w in words[first:last]) and _EACH_TIME.search(" ".join([*words[max(0, first - 8) : first], words[first]])):
        return Status.ACTIVE, False  # "whenever it is stopped the pain returns"
    if _FAILING.match(phrase) and _ATTEMPTS & set(words[max(0, first - 10) : first]):
        return Status.ACTIVE, False  # "attempts to wean it were unsuccessful"
    if "failed" in phrase and previous in _CEASING:
        return Status.ACTIVE, True  # "attempted taper failed"
    if _OUTCOME_OF_DOSE.search(phrase) and _BACK_TO.search(rest[:120]):
        return Status.ACTIVE, False  # "did not tolerate 100 mg, so back to 50 mg"
    if "dropped" in phrase and _A_FALL.match(rest):
        return Status.ACTIVE, True  # "we dropped the lithium to 300 mg"
    if phrase in _FIRST_OF_ALL and _IN_THE_END.search(rest):
        return Status.STOPPED, True  # "originally given a, then b, and finally settled on c"
    if phrase == "off" and rest[:1] in (",", ";", "."):
        return None
    if phrase == "off":
        if following in ("label", "licence", "license", "formulary"):
            return None
        if previous in (
            "taper",
            "tapering",
            "wean",
            "weaning",
            "coming",
            "getting",
            "going",
            "come",
            "get",
            "to",
            "want",
            "wants",
            "wanting",
            "be",
        ):
            return Status.ACTIVE, False
        if {"get", "getting", "trying", "try"} & set(before):
            return Status.ACTIVE, False  # "trying to get her off it"
    if phrase in LAST_TAKEN and not _LONG_AGO.match(rest[:120]):
        return None  # "last taken this morning"
    if phrase == "used" and previous in ("is", "are", "be", "being", "not"):
        return None
    if phrase in ("took", "used", "was used", "were used") and _RECENT & set(words[last : last + 8]):
        return Status.ACTIVE, True
    if phrase in ("was used", "were used") and _OFTEN & set(words[last : last + 6]):
        return Status.ACTIVE, True
    if phrase == "has used" and _FOR_SOME_TIME.search(" ".join(words[max(0, first - 9) : first])):
        return Status.ACTIVE, True  # "for the past three years he has used"
    if phrase == "to replace" and not _BEGUN & set(words[:first]):
        return Status.ACTIVE, False
    if phrase in ("tried", "has tried", "had tried", "failed", "has failed") and _CEASING & set(behind[:2]):
        return Status.ACTIVE, True
    if phrase in BASE_FORMS:
        if _DONE.search(rest) and not _NOT_DONE.search(rest):
            return Status.STOPPED, True  # "told to stop it and she did"
        ahead = _NEXT_CLAUSE.split(rest[:120], maxsplit=1)[0]
        if _is_told(words, first) and not _DOUBTING & set(before) and following not in _LATER and not _NOT_YET.search(ahead):
            return Status.STOPPED, True  # "the patient is to continue a and to stop b"
        if previous == "to" and words[first - 2 : first - 1] and words[first - 2] in _DECIDED and following not in _LATER:
            return Status.STOPPED, not _NOT_YET.search(ahead)  # "we elected to discontinue it"
        if previous in ("and", "or", "then") and "to" in before:
            return Status.ACTIVE, False  # "GP to review and stop"
        if previous == "to" or _WISHING & set(before) or following in _LATER or _NOT_YET.search(ahead):
            return Status.ACTIVE, False
    elif is_exchange_phrase(phrase) and _MODAL & set(before):
        return Status.ACTIVE, False  # "may be tapered and replaced with"
    elif previous == "be" or previous in ("if", "when", "before", "until", "never", "not", "nor") or following in ("next", "tomorrow"):
        return Status.ACTIVE, False
    return Status.STOPPED, certain and not _DOUBTING & set(before)


def _is_told(words: Sequence[str], first: int) -> bool:
    """Whether an instruction that holds from now on stands before: "is to stop", "is to continue a and to stop b"."""
    if not first or words[first - 1] not in ("to", "and", "or", "then"):
        return False
    for k in range(first - 1, 0, -1):
        if words[k] == "to" and words[k - 1] in ("is", "are"):
            return True
        if words[k] in _WISHING:
            return False
    return False


def _not_taken(certain: bool, phrase: str, words: Sequence[str], last: int, ahead: str) -> tuple[Status, bool] | None:
    following = words[last] if last < len(words) else ""
    rest = words[last : last + 8]
    if phrase in ("avoid", "avoids", "avoiding", "please avoid") and following in _CARE:
        return None
    if phrase.startswith("but ") and phrase not in ("but not", "but not taking") and ahead.lstrip()[:1] not in ("", ".", ",", ";", ")"):
        return None  # "but does not like it"
    if phrase.endswith((" taken", " had any")) and phrase.startswith(("have", "has")) and _SHORT.search(ahead[:80]):
        return Status.ACTIVE, False  # "hasn't taken it today"
    if phrase.endswith((" it in", " it for")) and not _LONG.search(ahead[:40]):
        return Status.ACTIVE, False  # "has not taken it in two days"
    if phrase == "as should" and not {"avoid", "avoided"} & set(words):
        return None
    if _CEASING_NOW & set(words[last : last + 3]) or "give up" in " ".join(words[last : last + 3]):
        return Status.ACTIVE, True  # "does not want to stop"
    forbids = phrase.startswith(("do not ", "dont ", "does not ", "doesnt ", "should not ", "must not "))
    if forbids and _MANNER.search(_NEXT_CLAUSE.split(ahead[:120], maxsplit=1)[0]):
        return Status.ACTIVE, False  # "do not take it with food"
    if following in _TOLERATED or (following == "any" and set(words[last + 1 : last + 2]) & _TOLERATED):
        return None  # "never had problems with", "no changes"
    if phrase == "never" and following in ("misses", "missed", "missing", "forgets", "forgot", "without", "stopped", "late"):
        return Status.ACTIVE, True
    if phrase == "without" and _UNABLE & set(words):
        return Status.ACTIVE, False  # "without Benadryl she cannot sleep"
    if "tak" in phrase and (_PARTLY & set(rest) or ("every" in rest and "day" in rest)):
        return Status.ACTIVE, False
    return Status.NOT_TAKEN, certain


def is_exchange(words: Sequence[str], first: int, joined: int) -> bool | None:
    """Whether words before a drug, at `first`, and those before the next, at `joined`, exchange one for the other.

    "switch a to b", "a was replaced by b" aside. None when they do not; False for a wish or plan ("wants to switch a to b").
    """
    if not joined or (words[joined - 1] not in _ONTO and not (joined > 1 and words[joined - 2] in _ONTO and words[joined - 1] in _SMALL)):
        return None
    for k in range(first - 1, max(-1, first - 4), -1):
        if words[k] in _EXCHANGE_VERBS:
            before = words[max(0, k - 4) : k]
            return not (_WISHING & set(before) or (before and before[-1] == "to"))
        if words[k] not in _SMALL:
            return None
    return None


def exchanges(status: Status, words: Sequence[str], last: int) -> bool:
    """Whether an intention is to exchange one drug for another ("consider switching a to b"): then b is intended."""
    return status is Status.INTENDED and bool(_EXCHANGING & set(words[last : last + 3]))
