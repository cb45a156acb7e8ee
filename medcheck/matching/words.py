"""Structure words of medication lists that are no names; no clinical data."""

from __future__ import annotations

# Words that begin no drug name; skipping them early keeps reading fast.
SKIP = frozenset(
    """mg mcg ug g gm ml l mmol meq unit units iu kg po bid tid qid qd qod od bd tds qds qhs hs prn nocte mane daily once twice
    times day days week weeks month months year years each every other hour hours hourly h d am pm as needed required for the
    a an of to at in on by or and with without mouth tab tabs tablet tablets cap caps capsule capsules take takes taking
    taken night nightly bedtime morning evening noon one two three four half she he her his patient pt is was has been since
    from until start started stop stopped cannot cant couldnt didnt doesnt dont isnt wasnt hasnt wont shes hes""".split()
)
SALTS = frozenset(
    """hydrochloride hcl dihydrochloride hydrobromide hbr maleate dimaleate fumarate hemifumarate succinate tartrate bitartrate
    mesylate mesilate besylate besilate citrate acetate phosphate sulfate sulphate carbonate bromide chloride sodium
    potassium pamoate embonate decanoate enanthate palmitate lauroxil oxalate monohydrate dihydrate anhydrous hydrate lactate
    teoclate theoclate polistirex hyclate""".split()
)
AFTER_NOT_A_DRUG = frozenset(
    {"deficiency", "deficient", "level", "levels", "overload", "toxicity", "studies", "panel", "battery", "batteries"}
)
PREFIXES = frozenset("es lev levo des dex dextro nor ar trans di".split())  # "es citalopram": one name
GLUED = ("tablets", "tablet", "tabs", "tab", "capsules", "capsule", "caps", "cap", *sorted(SALTS, key=lambda s: (-len(s), s)))
MAKERS = frozenset("apo teva pms novo ratio act auro mint jamp ran nu gen dom ntp phl riva sandoz mylan".split())  # "apo-sertraline"
LOOKS_LIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"), ("li", "h"), ("nn", "m"), ("m", "rn"), ("d", "cl"))  # scanned letters
FIGURES_FOR_LETTERS = {"0": "o", "1": "l", "5": "s"}
