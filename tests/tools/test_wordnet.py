"""tools/wordnet: the table of nouns from WordNet's files, here from a made package of a few words."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile

import numpy as np
import pytest

from ar_effects.hashtags.wordnet import TABLE, WordNet
from tools.assets.deterministic import save_npz
from tools.wordnet.__main__ import notice
from tools.wordnet.package import CACHE, CLASSES_FILE, DEBIAN_SHA256, check, class_offsets, wordnet_files
from tools.wordnet.table import counts_of, noun_table, spelling_variants, synsets_of

LICENCE = "  1 This software and database is being provided to you  \n  2 by Princeton.  \n"
NOUNS = """\
00000100 03 n 01 entity 0 001 ~ 00000200 n 0000 | that which is
00000200 05 n 02 dog 0 domestic_dog 0 002 @ 00000100 n 0000 ~ 00000300 n 0000 | barks | at night
00000300 05 n 01 Dalmatian 0 001 @ 00000200 n 0000 | spotted
00000400 18 n 01 dog 1 001 @i 00000100 n 0000 | a chap
"""
INDEX = """\
dalmatian n 1 1 @ 1 0 00000300
dog n 2 1 @ 2 1 00000200 00000400
domestic_dog n 1 1 @ 1 0 00000200
entity n 1 1 ~ 1 0 00000100
"""
ADJECTIVES = """\
00000500 00 a 02 colorful 0 colourful(a) 0 000 | bright
00000600 00 s 01 dog-eared 0 000 | worn
"""
FILES = {
    "data.noun": LICENCE + NOUNS,
    "index.noun": LICENCE + INDEX,
    "data.adj": LICENCE + ADJECTIVES,
    "data.verb": LICENCE + "00000700 38 v 02 dog 0 work_out 0 000 01 + 08 00 | follow\n",
    "data.adv": LICENCE,
    "cntlist.rev": "dog%1:05:00:: 1 42\ndog%1:18:01:: 2 1\ndog%2:38:00:: 1 7\nwork_out%2:38:00:: 1 9\n",
    "noun.exc": "dice die\n",
}


@pytest.fixture
def net(tmp_path) -> WordNet:
    path = tmp_path / "wordnet.npz"
    save_npz(path, **noun_table(FILES, [200, 300]))
    return WordNet(path)


def test_the_table_says_what_the_files_say(net):
    dog, chap = net.synsets("dog")
    assert (net.offset(dog), net.offset(chap)) == (200, 400)
    assert net.uses("dog") == (42, 1)
    assert net.lemmas(dog) == ("dog", "domestic dog")
    assert net.lemma_uses(dog) == (42, 0)
    assert net.synsets("domesticdog") == (dog,)
    assert net.subject(dog) == 5
    (dalmatian,) = net.synsets("dalmatian")
    assert net.hypernyms(dalmatian) == (dog,)
    assert net.hypernyms(chap) == net.hypernyms(dog), "an instance is below its kind, too"
    assert net.classes == (dog, dalmatian)


def test_other_words_and_how_often_they_are_used(net):
    assert net.other_uses("dog") == 7
    assert net.other_uses("workout") == 0, "what is met as two words says nothing of one"
    assert net.other_uses("dogeared") == 0
    assert net.usual_spelling("colourful") == "colorful"
    assert net.irregular_singular("dice") == "die"


def test_glosses_are_no_part_of_the_words():
    assert list(synsets_of(FILES["data.noun"]))[1].lemmas == ("dog", "domestic_dog")


def test_counts_by_lemma_and_sense():
    assert counts_of(FILES["cntlist.rev"])["dog", "1", 5, 0] == 42


def test_spellings():
    assert spelling_variants([("color", "colour"), ("happy", "glad"), ("center", "centre")]) == {
        "colour": "color",
        "centre": "center",
    }


def made_package(files: dict[str, str]) -> bytes:
    """A Debian package with nothing but these files in it."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./usr/share/wordnet/{name}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    package = b"!<arch>\n"
    for name, data in (("debian-binary", b"2.0\n"), ("data.tar.xz", lzma.compress(tar.getvalue()))):
        package += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
        package += data + b"\n" * (len(data) % 2)
    return package


def test_files_are_read_out_of_the_package():
    assert wordnet_files(made_package(FILES)) == FILES
    with pytest.raises(ValueError, match="Debian"):
        wordnet_files(b"PK")


def test_classes_are_read_out_of_the_wheel():
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(CLASSES_FILE, "n00000200\nn00000300\n")
    assert class_offsets(wheel.getvalue()) == [200, 300]


def test_another_package_is_refused(tmp_path):
    path = tmp_path / "other.deb"
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="SHA-256"):
        check(path, DEBIAN_SHA256)


def test_the_notice_is_the_files_own():
    assert (
        notice(FILES["data.noun"]) == "This software and database is being provided to you\nby Princeton.\n"
    )


def test_the_same_files_give_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        save_npz(tmp_path / name, **noun_table(FILES, [200]))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_shipped_table_is_made_of_the_package():
    """Where `python -m tools.wordnet` has downloaded it."""
    packages = list(CACHE.glob("wordnet-base_*.deb"))
    wheels = list(CACHE.glob("timm-*.whl"))
    if not packages or not wheels:
        pytest.skip("python -m tools.wordnet downloads the packages")
    table = noun_table(
        wordnet_files(check(packages[0], DEBIAN_SHA256)), class_offsets(wheels[0].read_bytes())
    )
    with np.load(TABLE) as shipped:
        assert set(shipped.files) == set(table)
        for name, array in table.items():
            np.testing.assert_array_equal(shipped[name], array, err_msg=name)
