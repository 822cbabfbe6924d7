"""Words that people use, where WordNet has a scholar's, and where hashtags have a language of their own.

Written by hand, and short: what can be learnt from WordNet or from posts is not here.
"""

from __future__ import annotations

ANIMALS, ARTEFACTS, BODY, FOOD, PLACES, NATURE, PEOPLE, PLANTS = 5, 6, 8, 13, 15, 17, 18, 20
TOPS = 3
"""Numbers of WordNet's subjects (lexicographers' files)."""

PICTURED_SUBJECTS = frozenset({TOPS, ANIMALS, ARTEFACTS, BODY, FOOD, NATURE, PEOPLE, PLANTS})
"""What a photograph can show; a word that may mean such a thing does so in a hashtag."""

ACTS = 4
MADE_SUBJECTS = frozenset({ARTEFACTS, 10})
ABSTRACT_SUBJECTS = frozenset({7, 9, 21, 23, 24, 26})
"""Attributes, thoughts, possessions, quantities, relations and states: WordNet's synonyms there are loose."""

PARENTS: dict[int, str] = {
    TOPS: "animal plant person food",
    ANIMALS: """
        bird dog cat fish insect reptile amphibian snake lizard frog spider crab lobster beetle
        butterfly rodent rabbit horse cattle sheep goat pig camel elephant whale dolphin seal monkey
        ape wolf fox bear shark turtle crocodile dinosaur parrot eagle owl duck swan penguin
        squirrel kangaroo coral terrier hound poodle bigcat deer hen lion tiger bee ant""",
    PLANTS: "flower tree mushroom orchid rose",
    FOOD: """
        food ediblefruit vegetable beverage alcohol wine coffee dessert bread soup sandwich cake
        pasta cheese meat""",
    ARTEFACTS: """
        vehicle car boat ship aircraft airplane truck bus van train bicycle motorcycle sailboat
        sailingvessel musicalinstrument guitar piano furniture chair table bed sofa lamp clothing
        dress footwear shoe hat coat jacket swimsuit shirt skirt jewelry bag building house tower
        bridge shop weapon gun tool knife computer telephone camera clock watch ball toy book bottle
        cup""",
    NATURE: "mountain river lake sea",
    PEOPLE: "child woman man athlete",
}
"""Kinds that people use as hashtags, by subject: others of WordNet's ("chordate") are no parents."""

NAMES: dict[str, str] = {
    "air conditioner": "airconditioner",
    "apatosaur": "brontosaurus",
    "artifact": "thing",
    "ashcan": "trashcan",
    "automobile": "car",
    "bannister": "banister",
    "barrow": "wheelbarrow",
    "beach wagon": "stationwagon",
    "beacon": "lighthouse",
    "beverage": "drink",
    "bicycle": "bike",
    "bovine": "cow",
    "brassiere": "bra",
    "cab": "taxi",
    "caldron": "cauldron",
    "cash machine": "atm",
    "cattle": "cow",
    "cellular telephone": "cellphone",
    "christmas stocking": "christmasstocking",
    "clothing": "clothes",
    "cock": "rooster",
    "computer keyboard": "keyboard",
    "confectionery": "candystore",
    "consumer goods": "goods",
    "earphone": "headphones",
    "edible fruit": "fruit",
    "fire engine": "firetruck",
    "footwear": "shoes",
    "french loaf": "baguette",
    "giant panda": "panda",
    "frying pan": "fryingpan",
    "grocery store": "supermarket",
    "hair slide": "hairclip",
    "hand blower": "hairdryer",
    "hen-of-the-woods": "maitake",
    "ice lolly": "popsicle",
    "jean": "jeans",
    "jersey": "tshirt",
    "jinrikisha": "rickshaw",
    "kitty": "kitten",
    "limousine": "limo",
    "loudspeaker": "speaker",
    "maillot": "swimsuit",
    "motor scooter": "scooter",
    "notebook": "laptop",
    "pajama": "pajamas",
    "person": "people",
    "photograph": "photo",
    "pickup": "pickuptruck",
    "pirate": "pirateship",
    "plane": "handplane",
    "plow": "plough",
    "racer": "racecar",
    "recreational vehicle": "rv",
    "rhinoceros": "rhino",
    "refrigerator": "fridge",
    "rubber eraser": "eraser",
    "rule": "ruler",
    "sailing vessel": "sailboat",
    "sax": "saxophone",
    "stegosaur": "stegosaurus",
    "sea lion": "sealion",
    "seashore": "coast",
    "shoe shop": "shoestore",
    "slot": "slotmachine",
    "streetcar": "tram",
    "studio couch": "sofabed",
    "sunglass": "sunglasses",
    "television": "tv",
    "telephone": "phone",
    "toilet tissue": "toiletpaper",
    "vacuum": "vacuumcleaner",
    "washbasin": "sink",
    "washer": "washingmachine",
    "web site": "website",
}
"""What people call a synset whose first word in WordNet is not theirs."""

ALIASES: dict[str, str] = {
    # what hashtags cut short
    "bday": "birthday",
    "bf": "boyfriend",
    "bff": "bestfriend",
    "bffs": "bestfriend",
    "bestie": "bestfriend",
    "bieber": "justinbieber",
    "clothing": "clothes",
    "doggo": "dog",
    "bnw": "blackandwhite",
    "bw": "blackandwhite",
    "bandw": "blackandwhite",
    "blackwhite": "blackandwhite",
    "blackandwhitephoto": "blackandwhite",
    "fam": "family",
    "fbf": "flashbackfriday",
    "fff": "followforfollow",
    "ff": "followforfollow",
    "foto": "photo",
    "gf": "girlfriend",
    "gm": "goodmorning",
    "gn": "goodnight",
    "guy": "man",
    "hbd": "happybirthday",
    "ig": "instagram",
    "igdaily": "instadaily",
    "inked": "tattooed",
    "insta": "instagram",
    "igers": "instagramers",
    "kidrauhl": "justinbieber",
    "la": "losangeles",
    "lfl": "likeforlike",
    "lmfao": "lmao",
    "lotd": "lookoftheday",
    "luv": "love",
    "mcm": "mancrushmonday",
    "motd": "makeupoftheday",
    "mua": "makeupartist",
    "ny": "newyork",
    "nyc": "newyork",
    "ootd": "outfitoftheday",
    "outdoors": "outdoor",
    "pic": "photo",
    "picture": "photo",
    "photograph": "photo",
    "photog": "photographer",
    "picoftheday": "photooftheday",
    "pictureoftheday": "photooftheday",
    "potd": "photooftheday",
    "pup": "puppy",
    "qotd": "quoteoftheday",
    "sf": "sanfrancisco",
    "sfs": "shoutoutforshoutout",
    "tbt": "throwbackthursday",
    "tee": "tshirt",
    "thanks": "thankyou",
    "thx": "thankyou",
    "tgif": "thankgoditsfriday",
    "vid": "video",
    "vscocam": "vsco",
    "wcw": "womancrushwednesday",
    "xmas": "christmas",
    "yum": "yummy",
    # what the world's hashtags say in another language
    "amigo": "friend",
    "amor": "love",
    "arte": "art",
    "boanoite": "goodnight",
    "bomdia": "goodmorning",
    "brasil": "brazil",
    "comida": "food",
    "deutschland": "germany",
    "espana": "spain",
    "familia": "family",
    "flores": "flower",
    "gato": "cat",
    "italia": "italy",
    "moda": "fashion",
    "perro": "dog",
    "playa": "beach",
    "praia": "beach",
    "primavera": "spring",
    "sol": "sun",
    "verano": "summer",
    "vida": "life",
}
"""Plain tags that stand for another."""

OWN_WORDS = frozenset({"babe", "denim", "dope", "fire", "hipster", "lit", "puma", "sick", "sun", "swag"})
"""Words that mean something else in hashtags than in WordNet's texts: they are nobody's synonym."""

TAG_WORDS = frozenset({"app", "emoji", "foodie", "hashtag", "insta", "instagram", "selfie", "vlog", "vsco"})
"""Words that are younger than WordNet, and parts of many joined tags."""

_FUNCTION_WORDS = """
    a i my the of and for in on to at me you your we us our is it all so no by with from this that her him his
    them they are am be was not"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""Words that WordNet leaves out and joined tags are full of."""
