"""The English catalogue: every sentence that people see, by the identifier of its message.

Templates are ``str.format``'s, with the facts that the code hands over by name. A fact may be a message
itself, or an error, whose parts are asked for by ``{error.fix}`` and the like. Errors have up to four parts:
what is wrong, what was expected, what was got, what to do; ``ar_effects.errors`` puts them together, so that
none ends with a full stop here.
"""

from __future__ import annotations

from ar_effects.messages.words import Words

ENGLISH: dict[str, Words] = {
    # error
    "error.expected": Words("expected {expected}"),
    "error.got": Words("got {got}"),
    # messages
    "messages.unreadable": Words("The messages in {path} cannot be read ({reason}); English ones are shown."),
    # source
    "source.unnamed": Words(
        "No source was named", expected='"webcam", "demo" or a file', fix="Name one after --source"
    ),
    "source.unknown": Words(
        'There is no file "{text}", and no camera of that name works',
        fix="Check the spelling, or start with --source demo",
    ),
    "source.plugin-gives-none": Words(
        "The plug-in for {scheme}: does not give a source",
        expected="an object with {names}",
        got="a {kind} without {missing}",
        fix="Make it a subclass of ar_effects.sources.base.BasicSource",
    ),
    "source.plugin-failed": Words("The plug-in for {scheme}: cannot deliver {source}", fix="Tell its author"),
    "source.not-reopened": Words("{name} stopped and cannot be opened again", fix="Start it anew"),
    # file
    "file.not-ordinary": Words(
        "{path} is not an ordinary file", expected="a {kind} file", fix="Save it as a file first"
    ),
    "file.is-folder": Words("{path} is a folder", expected="a {kind} file", fix="Name one {kind} inside it"),
    "file.empty": Words(
        "{path} is empty",
        expected="a {kind} file",
        got="0 bytes",
        fix="Copy or record it again; the copy was cut off before it began",
    ),
    "file.missing": Words("There is no file {path}", fix="Check the name and the folder"),
    "file.denied": Words(
        "{path} may not be read",
        got="permission denied",
        fix="Give yourself the right to read it, or copy it to a folder of yours",
    ),
    "file.unopened": Words("The {kind} {path} cannot be opened", fix="Check the name and the disk it is on"),
    # folder
    "folder.missing": Words(
        "There is no folder {path}", expected="a folder of pictures", fix="Check the name"
    ),
    "folder.denied": Words("The folder {path} may not be read", fix="Give yourself the right to read it"),
    "folder.no-pictures": Words(
        "The folder {path} holds no pictures",
        expected="files ending in .jpg, .png or .webp",
        got="none",
        fix="Name another folder",
    ),
    # picture
    "picture.cut-off": Words(
        "The picture {path} is cut off",
        expected="a whole file",
        got="{size} bytes and no end",
        fix="Copy or download it again",
    ),
    "picture.heic": Words(
        "{path} is a HEIC photo, and HEIC is not read here",
        expected="the package pi-heif, which could not be loaded",
        fix="Install it (python -m pip install pi-heif), or save the photo as JPEG",
    ),
    "picture.not-unpacked": Words(
        "The picture {path} cannot be unpacked",
        expected="a whole picture",
        got="one whose beginning is right, and then no pixels",
        fix="Copy or download it again, or save it as PNG or JPEG with the program that shows it",
    ),
    "picture.unknown-kind": Words(
        "{path} is not a picture",
        expected="a picture such as JPEG, PNG or WebP",
        got="a file that no picture decoder knows",
        fix="Check that it opens in a picture viewer",
    ),
    "picture.ending": Words(
        "{target} cannot be written as a picture",
        expected="a name ending in .png, .jpg or .webp",
        fix="Change the ending",
    ),
    "picture.too-many-pixels": Words(
        "{target} could not be written",
        got="{width}x{height} pixels, too many for this kind of file",
        fix="Use .png",
    ),
    "picture.too-many-pixels-to-read": Words(
        "The picture {path} is too large",
        expected="at most about a thousand million pixels",
        fix="Make it smaller with a picture editor",
    ),
    "picture.damaged": Words("The picture {path} is damaged", fix="Copy or download it again"),
    # video
    "video.no-picture": Words(
        "{path} holds no picture that can be decoded",
        expected="a video with at least one frame",
        fix="Check that it plays in a video player",
    ),
    "video.unknown-kind": Words(
        "{path} is not a video",
        expected="a video such as MP4, MOV, MKV, WebM or AVI",
        got="a file that no video decoder knows ({reason})",
        fix="Check that it plays in a video player",
    ),
    "video.cut-off": Words(
        "{path} was cut off: its index is missing",
        expected="a finished MP4 video",
        fix="Record or copy it again; the recording program did not finish the file",
    ),
    "video.sound-only": Words(
        "{path} has no pictures in it", expected="a video", got="sound only", fix="Choose a video file"
    ),
    "video.packing-unknown": Words(
        "{path} uses a way of packing pictures that is not known here",
        fix="Convert it to H.264 MP4 with a video converter",
    ),
    "video.frame-not-converted": Words(
        "A frame of the video cannot be converted from {format}",
        fix="Convert the video to H.264 MP4 with a video converter",
    ),
    "video.no-encoder": Words(
        "This installation of PyAV has no video encoder", fix="Install the official wheel: pip install av"
    ),
    "video.size-not-encoded": Words(
        "A video of {width}x{height} cannot be encoded", fix="Choose another size"
    ),
    "video.no-lossless-encoder": Words(
        "This installation of PyAV has no lossless encoder", fix="Install the official wheel: pip install av"
    ),
    "video.nothing-decoded": Words(
        "{path} holds no picture that can be decoded",
        expected="a video with at least one frame",
        fix="Check that it plays in a video player; if not, record it again",
    ),
    "video.too-large": Words(
        "The video {path} is too large", expected="at most {limit}x{limit} pixels", fix="Make it smaller"
    ),
    "video.too-small": Words(
        "The video {path} is too small", expected="at most {limit}x{limit} pixels", fix="Make it larger"
    ),
    "video.reading-stopped": Words("reading stopped: {reason}"),
    "video.no-pictures": Words(
        "{path} has no pictures in it", expected="a video", got="no pictures", fix="Choose a video file"
    ),
    "video.pixels-not-square": Words("its pixels are not square; shown as {width}x{height}"),
    "video.hdr": Words("it is an HDR video; its colours are brought to those of ordinary screens"),
    "video.ends-early": Words(
        "the file ends early or is damaged: {delivered} of {declared} frames could be shown"
    ),
    "video.times-repaired": Words(
        "the times of {repaired} frames were missing or not rising and were repaired"
    ),
    "video.broken-pieces": Words("{count} pieces could not be decoded"),
    "video.damaged": Words("the file is damaged ({why}): {delivered} frames could be shown"),
    # camera
    "camera.silent": Words(
        "The camera {name} stopped sending pictures",
        got="nothing for {seconds:g} s",
        fix="Check its cable, and that no other program took it",
    ),
    "camera.closed": Words("The camera {name} was closed", fix="Open it anew"),
    "camera.unplugged": Words("The camera {name} is not plugged in", fix="Plug it in again"),
    "camera.denied": Words(
        "The camera {name} may not be used",
        got="permission denied for /dev/video{index}",
        fix="Add yourself to group video (sudo usermod -aG video $USER), then log in again",
    ),
    "camera.no-pictures": Words(
        "No pictures came from {names}",
        expected="a working camera",
        got="silence",
        fix="Plug in a camera or close other programs that use it, or start with --source demo",
    ),
    "camera.none": Words(
        "No camera was found",
        expected="a webcam",
        got="none",
        fix="Plug in a camera or close other programs that use it, or start with --source demo",
    ),
    "camera.name-unknown": Words(
        'No camera has "{wanted}" in its name', fix="Choose one of these by number or by a part of its name"
    ),
    "camera.other-size": Words("asked for {wanted_width}x{wanted_height}, got {width}x{height}"),
    "camera.black": Words("its picture is black; is the lens covered?"),
    "camera.other-rate": Words(
        "asked for {fps:g} frames a second, got {other_fps:g}; more light often helps"
    ),
    "camera.not-taken-back": Words("{error.what}", got="{error.got}", fix="{error.fix}"),
    "camera.webcam-denied": Words("The webcam {name} may not be used: add yourself to the group video."),
    "camera.no-webcam": Words("No webcam was found."),
    # lens
    "lens.intrinsics-impossible": Words(
        "The camera's intrinsics are impossible",
        expected="a positive size and positive focal lengths",
        got="{width}x{height}, fx={fx}, fy={fy}",
    ),
    "lens.angle-impossible": Words(
        "{name} is impossible",
        expected="{min_fov_deg:g} to {max_fov_deg:g} degrees",
        fix="Take the horizontal angle from the camera's data sheet; webcams have 55 to 70",
    ),
    "lens.field-of-view": Words("The field of view"),
    "lens.field-of-view-of-option": Words("The field of view given with {option}"),
    # frame
    "frame.time-not-finite": Words("Frame.time_s is not a finite number"),
    "frame.not-an-array": Words("{name} is not a picture", expected="a numpy array"),
    "frame.not-bgr": Words(
        "{name} is not a BGR picture",
        expected="shape (height, width, 3), dtype uint8",
        got="shape {shape}, dtype {dtype}",
    ),
    # demo
    "demo.folder-not-made": Words("The folder {folder} cannot be made"),
    "demo.rendered-instead": Words("{reason}: rendering the demo clip to {demo_output}."),
    "demo.shown-instead": Words("{problem} Showing the built-in demo clip."),
    # offline
    "offline.endless-source": Words(
        "{name} has no end and cannot be rendered to a file",
        expected="a picture or video file",
        fix="Start the window with --source, and take a photo with the space bar",
    ),
    "offline.no-frames": Words("{name} has no frames, so {output} was not written"),
    "offline.endless-tracking": Words(
        "{name} has no end and cannot be tracked into a file",
        expected="a picture, a video, or a folder of pictures",
    ),
    "offline.no-transparency": Words("{ending} holds no transparency: what was transparent is black"),
    "offline.no-face": Words("No face was found in {name}: it was saved unchanged"),
    "offline.metadata-unread": Words("Date, place and camera could not be read: {output} does not tell them"),
    "offline.no-iptc": Words("{ending} holds no IPTC: headline, credit and keywords were left out"),
    # photos
    "photos.folder-not-made": Words(
        "The photo folder {folder} cannot be made", fix="Name another one after --photos"
    ),
    "photos.saved": Words("Photo saved: {path}"),
    "photos.no-picture": Words("There is no picture yet."),
    # output
    "output.parent-missing": Words("There is no folder {folder}", fix="Make it first, or name another"),
    "output.exists": Words("{target} exists already", fix="Choose another name for the {what}"),
    "output.is-folder": Words(
        "{target} is a folder", expected="the name of a file", fix="Add a file name, such as out.mp4"
    ),
    "output.folder-missing": Words(
        "There is no folder {folder}", fix="Make the folder first, or name another one"
    ),
    "output.not-ordinary": Words("{target} is not an ordinary file", fix="Name a file, such as out.mp4"),
    "output.is-input": Words(
        "{target} would overwrite what it is made from", fix="Give the result another name"
    ),
    "output.disk-full": Words(
        "{target} could not be written",
        got="the disk is full",
        fix="Free some space or name a folder on another disk; nothing half-written was left",
    ),
    "output.quota-used-up": Words(
        "{target} could not be written",
        got="your share of the disk is used up",
        fix="Free some space or name a folder on another disk; nothing half-written was left",
    ),
    "output.file-too-large": Words(
        "{target} could not be written",
        got="the file grew larger than the disk or your limits allow",
        fix="Record shorter pieces, or name a folder on another disk",
    ),
    "output.denied": Words(
        "{target} could not be written",
        got="permission denied",
        fix="Name a folder of yours, or give yourself the right to write there",
    ),
    "output.name-too-long": Words(
        "{target} could not be written", got="the name is too long", fix="Choose a shorter name"
    ),
    "output.unwritable": Words("{target} could not be written", fix="Check the name and the disk it is on"),
    "output.is-input-by-another-name": Words(
        "{target} would overwrite what it is made from (it is the same file as {path})",
        fix="Give the result another name",
    ),
    # recording
    "recording.size-and-rate": Words(
        "A video needs a size and a rate", got="{width}x{height} at {fps} frames a second"
    ),
    "recording.ending": Words(
        "{path} cannot be written as a video",
        expected="a name ending in .mp4 or .mov",
        fix="Change the ending to .mp4",
    ),
    "recording.closed": Words("The recording {path} is already closed"),
    "recording.out-of-order": Words(
        "Frames of a recording must come in order", expected="a time later than {last} ticks"
    ),
    "recording.empty": Words(
        "{path} was not written", expected="at least one frame", got="none", fix="Record a little longer"
    ),
    "recording.frame-does-not-fit": Words(
        "The frame does not fit the recording", expected="({height}, {width}, 3) BGR or (..., 4) RGBA, uint8"
    ),
    "recording.not-encoded": Words(
        "{path} could not be encoded at {width}x{height}", fix="Try another size, or record without sound"
    ),
    "recording.no-h264": Words(
        "the H.264 encoder is missing; recorded as MPEG-4 part 2, larger and less sharp"
    ),
    "recording.left-out": Words("left out: {names}"),
    "recording.made-even": Words(
        "{width}x{height} became {even_width}x{even_height}: videos need even sizes"
    ),
    # sound
    "sound.unreadable": Words(
        "The sound of {path} cannot be read", fix="Check the file, or record without sound"
    ),
    "sound.not-encoded": Words(
        "The sound of {path} cannot be encoded", fix="Record without sound, or convert the sound to AAC first"
    ),
    "sound.encoded-anew": Words(
        "its sound ({name}) was encoded anew as AAC, which {kind} players understand"
    ),
    "sound.mixed-down": Words("its {channels} channels were mixed down to stereo"),
    "sound.ends-early": Words("its sound ends early: {reason}"),
    "sound.one-left-out": Words("1 sound of a kind not known here left out"),
    "sound.some-left-out": Words("{count} sounds of a kind not known here left out"),
    # pack
    "pack.file-unreadable": Words("{file} cannot be read"),
    "pack.at-key": Words(
        "{place}: {problem}", expected="{problem.expected}", got="{problem.got}", fix="{problem.fix}"
    ),
    "pack.at-line": Words(
        "{file}, line {line}: {problem}",
        expected="{problem.expected}",
        got="{problem.got}",
        fix="{problem.fix}",
    ),
    "pack.file-name-backslashes": Words(
        "{place} names a file with backslashes, which only Windows reads",
        expected="forward slashes",
        fix='Write forward slashes: "{forward}"',
    ),
    "pack.file-name-escapes": Words(
        "{place} leads out of the pack",
        expected="a path inside the pack's folder, with forward slashes",
        fix="Copy the file into the pack and name it there",
    ),
    "pack.file-name-unusable": Words("{place} is no usable file name", fix="Name a file of the pack"),
    "pack.file-name-linked-out": Words(
        "{place} leads out of the pack by a link", fix="Copy the file instead"
    ),
    "pack.file-missing": Words("{place} names a file that is not there"),
    "pack.unknown": Words("There is no effect {name!r}", expected="one of: {names}"),
    "pack.folder-missing": Words("There is no folder {folder}"),
    "pack.not-a-pack": Words(
        "{folder} is no effect pack: it has no {manifest}",
        fix="Write one; {manifest} of the sunglasses is a short example",
    ),
    "pack.not-utf8": Words("{file} is not UTF-8 text", got="byte {byte}", fix="Save it as UTF-8"),
    "pack.pictures-too-large-together": Words(
        "{place}: the pack's pictures are too large together",
        expected="at most {megabytes} MB unpacked, 4 bytes a pixel",
        got="{size:.0f} MB with this one",
        fix="Make them smaller, or use one picture in several layers, which counts once",
    ),
    "pack.picture-file-too-large": Words(
        "{file} is too large for a picture", expected="at most {megabytes} MB"
    ),
    "pack.picture-too-large": Words(
        "The picture {file} is too large",
        expected="at most {limit}x{limit} pixels",
        fix="Make it smaller; 2048x2048 is plenty",
    ),
    "pack.picture-damaged": Words("{file} cannot be read as a picture", fix="Save it again as PNG"),
    "pack.of-file": Words(
        "{place}: {error.what}", expected="{error.expected}", got="{error.got}", fix="{error.fix}"
    ),
    "pack.none-installed": Words("none are installed"),
    "pack.of-source": Words(
        "{error.what}", expected="{error.expected}", got="{error.got}", fix="{error.fix}"
    ),
    # manifest
    "manifest.too-large": Words(
        "{file} is too large for a manifest", expected="at most 1 MB", fix="Check the file"
    ),
    "manifest.not-toml": Words("{file} is not valid TOML", fix="Correct that line"),
    "manifest.too-deep": Words("{file} nests its values too deeply", fix="Correct the brackets"),
    "manifest.key-missing": Words("{file} lacks the key {key}", fix="Add {example}"),
    "manifest.key-elsewhere": Words("{file} has the unknown key {key}", fix="Say it under {home}"),
    "manifest.key-unknown": Words("{file} has the unknown key {key}", fix="{hint}"),
    "manifest.other-format": Words(
        "{file} is of another format",
        expected="format = {format}",
        fix="Update AR Effects, or ask the pack's author for a version of this format",
    ),
    "manifest.kind-missing": Words("{file} lacks the key {key}.kind", fix="Add {key}.kind"),
    "manifest.kind-unknown": Words("{place}.kind is unknown", expected="one of {types}"),
    "manifest.value-unexpected": Words("{place}: expected {expected}"),
    "manifest.example-layers": Words('a table [[layers]] with its kind, such as kind = "sprite"'),
    "manifest.own-check": Words("{place}: {problem}", fix="Correct {key}"),
    "manifest.own-check-of-all": Words("{file}, {problem}", fix="Correct it"),
    # bundle
    "bundle.too-large": Words(
        "The pack {file} is too large for a bundle",
        expected="at most {max_files} files and {megabytes} MB",
        got="{count} files, {total:.1f} MB",
        fix="Make its pictures smaller",
    ),
    "bundle.name-refused": Words("{file}: the name {piece!r} {fault}", fix="Rename it"),
    "bundle.names-clash": Words(
        "{file}: {one} and {other} are one file on Windows and macOS", fix="Rename one of them"
    ),
    "bundle.file-altered": Words("{name} is not the file that was bundled", fix="Download it again"),
    "bundle.missing": Words("There is no file {file}", fix="Check the name"),
    "bundle.is-folder": Words("{file} is a folder", fix="Name a {suffix} file, or copy the folder itself"),
    "bundle.not-a-bundle": Words("{file} is no bundle, or damaged", fix="Download it again"),
    "bundle.too-many-files": Words("it holds {count} files", fix="At most {max_files} are taken"),
    "bundle.unpacks-too-large": Words("it unpacks to {total} MB", fix="At most {megabytes} MB are taken"),
    "bundle.name-escapes": Words("the name {name!r} leads out of the pack or is hidden"),
    "bundle.not-a-file": Words("{name} is a link or a device, not a file"),
    "bundle.encrypted": Words("{name} is encrypted"),
    "bundle.compression-bomb": Words("{name} would unpack to {times:.0f} times its size"),
    "bundle.part-refused": Words("the name {part!r} {fault}"),
    "bundle.name-twice": Words("{name} is in it twice"),
    "bundle.name-clash-inside": Words("{other} is in it twice: {one} is the same file on Windows and macOS"),
    "bundle.no-manifest": Words(
        "{file} is no bundle of an effect: it has no {manifest}", fix="Make it with packs bundle"
    ),
    "bundle.part-missing": Words("it has no {name}", fix="Make it with packs bundle"),
    "bundle.signature-wrong": Words("its signature does not fit"),
    "bundle.signature-unreadable": Words("{checksums} or {signature} cannot be read"),
    "bundle.other-format": Words(
        "{file} is of another format", expected="bundle format {bundle_format}", fix="Update AR Effects"
    ),
    "bundle.checksums-empty": Words("{checksums} lists no files"),
    "bundle.files-differ": Words("the files in it are not those that were bundled"),
    "bundle.size-lies": Words("{filename} is larger than it says"),
    "bundle.refused": Words("{file} was not unpacked: {why}", fix="{why.fix}"),
    "bundle.ask-its-author": Words("Ask its author for a good one"),
    # install
    "install.no-name": Words("{file} has no name for a pack", fix="Rename the file, such as cat.arfx"),
    "install.name-refused": Words(
        "{file}: the name {name!r} {fault}", fix="Rename the file, such as cat.arfx"
    ),
    "install.older": Words(
        "{file} holds an older version of {name} than is installed",
        expected="{version} or later",
        fix="Add --older to go back to it",
    ),
    "install.shaders": Words(
        "{file} brings shaders, programs for the graphics card, which could hang it",
        expected="your consent",
        fix="Add --shaders if you trust the author",
    ),
    "install.not-written": Words("{file} could not be written"),
    "install.other-signer": Words(
        "The pack {name} that is installed was not signed by who signed {file}",
        fix="Add --trust if you know that both are from the same author",
    ),
    "install.other-pack": Words(
        "The pack {name} that is installed is another one than {file}",
        fix="Rename the file to keep both, or add --trust to replace it all the same",
    ),
    "install.there-already": Words(
        "There is a pack called {name} already", fix="Add --replace to put this one in its place"
    ),
    "install.another-there-already": Words(
        "There is a pack called {name} already, and it is another one than {bundle}",
        fix="Add --replace to put this one in its place",
    ),
    "install.a-signed-pack": Words("a signed pack"),
    # key
    "key.unreadable": Words("Your key {file} cannot be read"),
    "key.damaged": Words(
        "Your key {file} is damaged", fix="Move it away: a new one is made, which others will not know"
    ),
    # template
    "template.unknown": Words("There is no template {template!r}", expected="one of {known}"),
    "template.not-made": Words("The pack {file} could not be made", fix="Name another folder with --folder"),
    "template.name-is-path": Words(
        "{name!r} is a path, and a pack needs a name",
        expected="a name such as my_glasses",
        fix="Say where to make it with --folder",
    ),
    "template.name-refused": Words(
        "A pack cannot be called {name!r}",
        expected="a letter, then letters, digits, - or _, at most {longest} of them",
    ),
    "template.folder-taken": Words(
        "There is a folder {file} already", fix="Choose another name, or move it away"
    ),
    "template.lost": Words("There is no template {template!r}", fix="{restore}"),
    "template.name-it": Words("Name it after what it shows, such as my_glasses"),
    # parameter
    "parameter.min-above-max": Words("must be below max"),
    "parameter.default-outside": Words("must lie between min and max, {min:g} and {max:g}"),
    "parameter.default-not-an-option": Words("must be one of the options: {options}"),
    # trigger
    "trigger.needs-key": Words('{master} = "{value}" needs {key}, such as {key} = {example}'),
    "trigger.key-of-other": Words('belongs to {master} = "{value}"'),
    "trigger.action-needs-key": Words('do = "{action}" needs {needed}, such as {needed} = "name"'),
    "trigger.action-takes-other": Words('do = "{action}" takes {needed}, and no {other}'),
    # layer
    "layer.nothing-left": Words("behind and on_people leave nothing of it; keep one of them"),
    # sprite
    "sprite.key-of-frame": Words('{key} belongs to anchor = "frame"'),
    "sprite.key-of-face": Words("{key} belongs to anchors on the face; the frame has place and width"),
    "sprite.cells-of-video": Words("columns and rows belong to a picture, not to a video"),
    "sprite.alpha-of-picture": Words("alpha belongs to a video"),
    "sprite.smaller-than-cells": Words(
        "the picture is smaller than its cells",
        expected="at least {columns}x{rows} pixels",
        fix="Correct columns and rows",
    ),
    # model
    "model.bends-alone": Words(
        "a model that bends with the face is moved by nothing else",
        expected="no such key beside deforms_with_face = true",
        fix="Remove {key}, or bends",
    ),
    "model.none-of-them": Words("nothing, there are none"),
    "model.name-one": Words("Name one of the model's, or name it so in the model"),
    "model.no-animation": Words("the model has no such animation"),
    "model.no-node": Words("the model has no such node"),
    "model.no-material": Words("the model has no such material"),
    "model.no-morph-target": Words("the model has no such morph target"),
    "model.no-variant": Words("the model has no such variant"),
    "model.no-node-of-scene": Words("the model has no such node of the scene"),
    # makeup
    "makeup.no-cosmetic": Words(
        "the makeup has no cosmetic in it",
        expected="at least one of {known}",
        fix='Add one, such as lipstick = {{ colour = "#b0122b", intensity = 0.7 }}',
    ),
    # particles
    "particles.moves-with-head": Words('moves_with_head has no meaning for anchor = "frame"'),
    "particles.direction-zero": Words("direction must not be [0, 0, 0]"),
    "particles.range-reversed": Words("the lower number comes first"),
    "particles.life-zero": Words("life_s must be above 0"),
    "particles.rate": Words("rate_per_s must lie between 0 and {max_rate:g}"),
    # post
    "post.key-of-other-effect": Words('does not belong to effect = "{effect}", which takes {takes}'),
    "post.needs-file": Words('effect = "{effect}" needs file'),
    "post.uniform-name-taken": Words("this name means something else in a shader"),
    # background
    "background.needs-key": Words('background = "{kind}" needs a {kind}'),
    "background.video-ending": Words("video must end in {endings}; pictures go to the key picture"),
    "background.behind-everybody": Words(
        "a background is behind everybody already; leave behind and on_people out"
    ),
    # warp
    "warp.amount": Words("amount must lie between -1 and 1, not {amount:g}"),
    "warp.needs-anchor": Words('{kind} needs an anchor, such as anchor = "nose_tip"'),
    "warp.key-not-taken": Words("{kind} has a place of its own; {key} is for {types}"),
    "warp.radius": Words("radius must lie between {least_radius:g} and {most_radius:g}, not {radius:g}"),
    # shader
    "shader.not-compiled": Words("{place}: it was not compiled", got="{error.what}", fix="{error.fix}"),
    "shader.complaint": Words("{place}: {text}"),
    "shader.too-large": Words("{file} is too large for a shader", expected="at most {kilobytes} KB"),
    "shader.line-goes-on": Words("a line that goes on on the next", fix="Join the lines"),
    "shader.foreign-character": Words("a character that GLSL does not have", fix="Take it out"),
    "shader.directive-refused": Words("#{word} is not allowed", fix="Take it out"),
    "shader.no-main": Words(
        "{file} has no main function",
        expected="void main() that writes result",
        fix="Write void main() {{ result = texture(picture, place); }}",
    ),
    "shader.word-refused": Words(
        "{word} is not allowed",
        fix="Name uniforms in [layers.uniforms]; place, picture, size and time_s are there already",
    ),
    "shader.does-not-compile": Words("{file} does not compile", fix="Correct the shader"),
    "shader.version-refused": Words("#{word} is not allowed", fix="Take it out: it is #version 330 already"),
    "shader.include-refused": Words("#{word} is not allowed", fix="Put everything into one file"),
    "shader.too-slow": Words(
        "The shader {shader} takes {milliseconds:.0f} ms a frame on this computer: it is left out"
    ),
    "shader.line-does-not-compile": Words("{file}, line {line} does not compile", fix="Correct the shader"),
    "shader.place": Words("{file}, line {line}"),
    # cube
    "cube.too-large": Words("{file} is too large for a .cube file", expected="at most {megabytes} MB"),
    "cube.no-size": Words(
        "{file} gives no size",
        expected="LUT_3D_SIZE or LUT_1D_SIZE before the colours",
        fix="Export it again as .cube",
    ),
    "cube.ends-too-soon": Words("the table ends too soon", expected="{wanted} lines of colours"),
    "cube.domain-reversed": Words("{file}: DOMAIN_MIN is not below DOMAIN_MAX", fix="Correct both"),
    "cube.second-size": Words("a second size", expected="one table of one, and one of three dimensions"),
    "cube.not-a-number": Words("{keyword} is not a number"),
    "cube.out-of-range": Words("{keyword} is out of range"),
    "cube.two-numbers": Words("{keyword} needs two numbers", expected="low high"),
    "cube.unknown-keyword": Words("an unknown keyword"),
    "cube.colours-before-size": Words("colours before the size", expected="LUT_3D_SIZE or LUT_1D_SIZE"),
    "cube.too-many-colours": Words(
        "more colours than the size says", expected="{wanted} lines of them", got="another"
    ),
    "cube.not-three-numbers": Words("not three numbers", expected="red green blue"),
    "cube.not-a-colour": Words("not a number that a colour can have", expected="such as 0.5"),
    "cube.at-line": Words(
        "{file}, line {line}: {problem}",
        expected="{problem.expected}",
        fix="Correct line {line}, or export the table again",
    ),
    # animation
    "animation.too-large-unpacked": Words(
        "The animation {file} is too large",
        expected="at most {max_frames} frames and {megabytes} MB unpacked",
        got="{count} frames of {width}x{height}, {total} MB",
        fix="Make it smaller or shorter, or a video, which is not kept in memory",
    ),
    "animation.unreadable": Words("{file} cannot be read as an animation", fix="Save it again"),
    "animation.file-too-large": Words(
        "The animation {file} is too large",
        expected="at most {megabytes} MB",
        got="{size} MB",
        fix="Make it smaller or shorter, or save it as WebP",
    ),
    # gltf
    "gltf.too-many-triangles": Words(
        "the model has too many triangles",
        expected="at most {max_triangles}",
        got="{triangles} so far",
        fix="Simplify it",
    ),
    "gltf.no-triangles": Words("only triangles are drawn, and the model has none", expected="4, 5 or 6"),
    "gltf.too-many-joints": Words(
        "the skin has too many joints",
        expected="at most {max_joints}",
        fix="Remove bones that move nothing, or split the mesh",
    ),
    "gltf.joint-outside-scene": Words("nodes[{joint}] is not in the scene"),
    "gltf.fewer-than-joints": Words("there are fewer than joints"),
    "gltf.weights-not-targets": Words("there are not as many as morph targets"),
    "gltf.scene-empty": Words("the scene shows no mesh"),
    "gltf.bounds-too-large": Words(
        "the scene's bounds are out of all bounds", expected="coordinates below {max_coordinate_mm:g} mm"
    ),
    "gltf.scene-a-point": Words("the scene has no extent", got="a single point {point}"),
    "gltf.number-not-finite": Words("a number is infinite or not a number"),
    "gltf.indices-not-whole": Words("indices are whole numbers", expected="5121, 5123 or 5125"),
    "gltf.index-past-vertices": Words(
        "an index names a vertex that is not there", expected="indices below {vertex_count}"
    ),
    "gltf.joints-not-whole": Words("joints are small whole numbers", expected="5121 or 5123"),
    "gltf.type-unsuited": Words("the type does not suit {where}"),
    "gltf.too-many-elements": Words("too many elements", expected="at most {max_count}"),
    "gltf.compressed-type-differs": Words(
        "what was compressed is of another type", expected="{width} numbers an element"
    ),
    "gltf.sparse-count": Words("more elements are replaced than there are", expected="at most {count}"),
    "gltf.sparse-index": Words("an element is replaced that is not there", expected="indices below {count}"),
    "gltf.accessor-past-end": Words(
        "the accessor reaches past the end of its buffer view", expected="at most {size} bytes"
    ),
    "gltf.animation-too-long": Words("the animation is too long", expected="at most {max_numbers} numbers"),
    "gltf.too-many-channels": Words("the animation has too many channels", expected="at most {max_channels}"),
    "gltf.times-do-not-rise": Words("its times do not rise"),
    "gltf.output-count": Words("its count does not fit its times"),
    "gltf.draco-beside": Words(
        "{error.what}; it holds {extension}",
        expected="{error.expected}",
        got="{error.got}",
        fix="Add what is missing, or export the model without compression",
    ),
    "gltf.draco-not-installed": Words(
        "the model uses {extension}, and its decoder is not installed",
        fix="Install DracoPy, or export the model without compression",
    ),
    "gltf.draco-damaged": Words("the bytes that are compressed with Draco are damaged"),
    "gltf.draco-attribute-missing": Words(
        "the Draco stream has no such attribute", expected="one of {known}"
    ),
    "gltf.index-missing": Words("there is no {name}[{index}]", expected="an index below {count}"),
    "gltf.meshopt": Words(
        "the model uses {extension}, which is not read here", fix="Export the model without compression"
    ),
    "gltf.view-past-end": Words(
        "it reaches past the end of its buffer", expected="byteOffset + byteLength of at most {size}"
    ),
    "gltf.data-uri-not-base64": Words("the data URI is not base64"),
    "gltf.data-uri-damaged": Words("the data URI is damaged"),
    "gltf.path-unusable": Words("the path cannot be followed"),
    "gltf.path-escapes": Words("the file lies elsewhere", expected="a path inside the model's folder"),
    "gltf.file-too-large": Words(
        "{place}: {name} is too large",
        expected="at most {max_file_bytes} bytes",
        fix="Use fewer triangles or smaller textures",
    ),
    "gltf.file-unreadable": Words(
        "{place}: {name} cannot be read", fix="Check the path and the file's permissions"
    ),
    "gltf.glb-header-cut": Words("the GLB ends in its header", expected="at least 20 bytes"),
    "gltf.glb-version": Words("this version of GLB is unknown", expected="2"),
    "gltf.glb-cut": Words("the GLB is cut off", expected="{length} bytes"),
    "gltf.chunk-past-end": Words("a chunk reaches past the end"),
    "gltf.first-chunk-not-json": Words("the first chunk of the GLB is not JSON"),
    "gltf.extension-required": Words(
        "the model needs {extensions}, which is not read here",
        expected="none but {known}",
        fix="Export the model without it, for instance without compression",
    ),
    "gltf.not-gltf-2": Words("this is not glTF 2.0"),
    "gltf.buffer-without-source": Words("the buffer has neither a uri nor a GLB chunk"),
    "gltf.buffer-too-short": Words("the buffer is shorter than the file says"),
    "gltf.index-of-refraction": Words("0, which is a mirror, or at least 1"),
    "gltf.transmission-map": Words(
        "a transmission map is not supported",
        fix="Use a transmissionFactor, and parts of the model with materials of their own",
    ),
    "gltf.picture-without-source": Words("the picture has neither a uri nor a bufferView"),
    "gltf.picture-kind": Words("the picture is damaged or not a PNG or JPEG"),
    "gltf.picture-too-large": Words(
        "the picture is too large",
        expected="sides of at most {max_texture_side} pixels",
        fix="Make it smaller",
    ),
    "gltf.picture-damaged": Words("the picture is damaged"),
    "gltf.node-twice": Words("nodes[{index}] appears twice in the tree"),
    "gltf.transform-too-large": Words(
        "its transform is out of all bounds", expected="numbers below {max_scale:g}"
    ),
    "gltf.no-positions": Words("there are no positions", expected="POSITION"),
    "gltf.count-differs": Words("its count differs from POSITION's"),
    "gltf.more-than-four-joints": Words(
        "a vertex follows more than four joints",
        fix="Limit the weights to four joints a vertex and export again",
    ),
    "gltf.skin-attribute-missing": Words("a mesh with a skin has no {name}"),
    "gltf.joint-not-in-skin": Words("a joint is not in the skin", expected="joints below {joint_count}"),
    "gltf.too-many-morph-targets": Words(
        "there are too many morph targets",
        expected="at most {max_targets} of at most {max_offsets} vertices together",
        got="{number} of {count} vertices",
    ),
    "gltf.too-many-nodes": Words("too many nodes move", expected="at most {max_nodes}"),
    "gltf.morph-targets-differ": Words("its primitives have different numbers of morph targets"),
    "gltf.export-again": Words("Export the model again, or check it with the Khronos glTF validator"),
    "gltf.extension-not-drawn": Words("{extension} is not drawn"),
    "gltf.extension-drawn-otherwise": Words("{extension} is not drawn: {instead}"),
    "gltf.extension-in-part": Words("{extension} is drawn without its {key}"),
    "gltf.texture-without-picture": Words("the texture has no PNG or JPEG", fix="Export it as PNG or JPEG"),
    "gltf.texture-kind": Words(
        "the model uses {extension}, which are not read here", fix="Export it as PNG or JPEG"
    ),
    "gltf.drawn-as-metallic": Words("{name} is drawn as metallic-roughness that looks alike"),
    "gltf.gloss-where-diffuse": Words(
        "{name}'s specularGlossinessTexture is drawn where its diffuseTexture lies"
    ),
    "gltf.mode-not-drawn": Words("{mode} are not drawn, only triangles ({where})"),
    "gltf.keys-before-0": Words("keys of animations before 0 seconds are passed over: they begin at 0"),
    "gltf.indices-not-in-threes": Words("the indices do not make triangles", expected="a multiple of 3"),
    "gltf.indices-too-few": Words("the indices do not make triangles", expected="at least 3"),
    # advice
    "advice.older-format": Words(
        "{place}: this is an older format",
        expected="format = {format}",
        fix="{command} packs upgrade {folder} rewrites it",
    ),
    "upgrade.not-found": Words(
        "{file} could not be rewritten: some of its keys are written in a way that is not looked for",
        fix="Rename them by hand: {renamed}; then write format = {format}",
    ),
    "upgrade.newest": Words("{path} is of the newest format, {format}"),
    "upgrade.line": Words("{path}:{line}: {before} -> {now}"),
    "upgrade.done": Words("{path} is of format {format} now"),
    "advice.key-missing": Words(
        "{file} has no {key}", fix="Add {key}, so that people find it and may use it"
    ),
    "advice.model-note": Words("{place}: {model}: {note}", fix="Look at it with packs sheet"),
    "advice.pack-large": Words(
        "The pack {file} is large",
        expected="at most {megabytes} MB",
        got="{size:.1f} MB",
        fix="Make its pictures smaller",
    ),
    "advice.picture-large": Words(
        "The picture {file} is large", expected="at most {texture_side} pixels a side", fix="Make it smaller"
    ),
    "advice.models-heavy": Words(
        "The models of {file} are heavy", expected="at most {triangles} triangles", fix="Simplify them"
    ),
    "advice.author-untouched": Words(
        "{place}: it still says {placeholder!r}", fix="Write who made it, such as your name"
    ),
    "advice.preview-untouched": Words(
        "{place}: {preview} is still the template's picture",
        fix="Take one of your own effect: key Space in packs preview",
    ),
    "advice.trigger-key-taken": Words(
        "the key {key!r} is the window's own, for {use}: this trigger never fires",
        expected="a letter but c, h and m, a digit, or another sign of ASCII but space",
        fix="Choose another key",
    ),
    "advice.trigger-key-unknown": Words(
        "the key {key!r} is none that the window tells of: this trigger never fires",
        expected="a letter but c, h and m, a digit, or another sign of ASCII but space",
        fix="Choose another key",
    ),
    # effect
    "effect.no-parameter": Words("The effect has no such parameter"),
    "effect.value-refused": Words("The parameter {name} cannot take this value"),
    "effect.right-again": Words("{title} is right again"),
    "effect.only-one": Words("Only {title} is shown here"),
    "effect.readable-again": Words("{title} can be read again"),
    "effect.new": Words("New effect: {names}"),
    "effect.none": Words("no effect"),
    # provider
    "provider.no-cuda-on-macos": Words("there is no CUDA for macOS", fix="use another computer"),
    "provider.built-without-cuda": Words(
        "this ONNX Runtime was built without CUDA",
        fix="run `pip uninstall -y onnxruntime onnxruntime-gpu`, then `pip install onnxruntime-gpu`",
    ),
    "provider.built-without-tensorrt": Words(
        "this ONNX Runtime was built without TensorRT",
        fix="run `pip uninstall -y onnxruntime onnxruntime-gpu`, then `pip install onnxruntime-gpu`",
    ),
    "provider.no-driver": Words(
        "there is no NVIDIA driver ({name})",
        fix="install the NVIDIA driver (Debian: `apt install nvidia-driver`)",
    ),
    "provider.driver-not-opened": Words(
        "the NVIDIA driver ({name}) cannot be opened{why}",
        fix="install the NVIDIA driver (Debian: `apt install nvidia-driver`)",
    ),
    "provider.driver-too-old": Words(
        "the NVIDIA driver ({name}) serves CUDA {major}.{minor} at most and this ONNX Runtime "
        "needs CUDA {needed}",
        fix="install a newer NVIDIA driver (Debian: `apt install nvidia-driver`)",
    ),
    "provider.library-not-opened": Words(
        "{name} of {suite} cannot be opened{why}", fix="run `pip install --force-reinstall {packages}`"
    ),
    "provider.library-other-version": Words(
        "{suite} {other} is installed and this ONNX Runtime needs {suite} {needed} ({name} is missing)",
        fix="run `pip install {packages}`",
    ),
    "provider.library-missing": Words("{name} of {suite} is missing", fix="run `pip install {packages}`"),
    "provider.unknown": Words(
        "There is no provider {wanted!r}", expected="{names} or {last}", fix="Choose one of them"
    ),
    "provider.asked-for": Words(
        "{device} was asked for but cannot run, because {problem.what}",
        fix="{problem.advice}, or use provider cpu",
    ),
    "provider.fell-back": Words(
        "{device} loads but ONNX Runtime fell back to {providers}",
        fix="check that driver, CUDA and cuDNN fit each other (`nvidia-smi`)",
    ),
    "provider.other-landmarks": Words(
        "{device} gives other landmarks than the CPU", fix="update the graphics card's driver"
    ),
    "provider.driver-is-stub": Words(
        "a stub stands in the place of the NVIDIA driver",
        fix="install the NVIDIA driver (Debian: `apt install nvidia-driver`)",
    ),
    "provider.no-card": Words(
        "the NVIDIA driver finds no graphics card", fix="check with `nvidia-smi` that it is seen"
    ),
    "provider.no-usable-card": Words(
        "the NVIDIA driver finds no usable graphics card", fix="check with `nvidia-smi` that it is seen"
    ),
    "provider.driver-mixed": Words(
        "the NVIDIA driver was updated and its parts do not match", fix="restart the computer"
    ),
    "provider.driver-too-old-for-libraries": Words(
        "the NVIDIA driver is too old for the CUDA libraries",
        fix="install a newer NVIDIA driver (Debian: `apt install nvidia-driver`)",
    ),
    "provider.driver-does-not-start": Words(
        "the NVIDIA driver does not start (CUDA error {status})", fix="restart the computer"
    ),
    "provider.own-library-missing": Words(
        "{name} of ONNX Runtime is missing", fix="run `pip install --force-reinstall {packages}`"
    ),
    "provider.own-library-not-opened": Words(
        "{name} of ONNX Runtime cannot be opened{why}", fix="run `pip install --force-reinstall {packages}`"
    ),
    "provider.own-library-or-another": Words(
        "{name} of ONNX Runtime cannot be opened, or a library that it needs",
        fix="run `pip install --force-reinstall {packages}`",
    ),
    "provider.failed": Words("{problem.what}", fix="{problem.advice}, or use provider cpu"),
    "provider.fell-back-to-cpu": Words("Networks run on the CPU from here on, because {what}."),
    "provider.out-of-memory": Words(
        "{device} ran out of memory", fix="close other programs that use the graphics card"
    ),
    "provider.library-failed": Words(
        "{device} failed ({library} error {number}: {reason})",
        fix="check the graphics card with `nvidia-smi`",
    ),
    "provider.no-cudnn": Words(
        "{device} runs without cuDNN", fix='run `pip install "onnxruntime-gpu[cuda,cudnn]"`'
    ),
    "provider.failed-silently": Words(
        "{device} failed (no reason given)", fix="check the graphics card with `nvidia-smi`"
    ),
    "provider.device-failed": Words(
        "{device} failed ({reason})", fix="check the graphics card with `nvidia-smi`"
    ),
    "provider.cpu-as-asked": Words("Networks run on the CPU, as asked."),
    "provider.as-asked": Words(
        "Networks run on {device}, as asked: {device_ms} a face in {precision}, the CPU takes {cpu_ms}."
    ),
    "provider.cpu-without-cuda": Words(
        "Networks run on the CPU, because {problem.what}; for CUDA, {problem.fix}."
    ),
    "provider.cpu-after-error": Words("Networks run on the CPU, because {error.what}."),
    "provider.cpu-because": Words("Networks run on the CPU, because {problem.what}; {problem.fix}."),
    "provider.cpu-is-quicker": Words(
        "Networks run on the CPU, because it is the quicker here: {cpu_ms} a face, CUDA takes {device_ms}."
    ),
    "provider.cuda-is-quicker": Words(
        "Networks run on CUDA, because it is the quicker here: {device_ms} a face in {precision}, "
        "the CPU takes {cpu_ms}."
    ),
    "provider.built-without-plugins": Words(
        "This ONNX Runtime was built without {ort_name}, which {device} needs",
        fix="Install the ONNX Runtime that its package asks for, or use provider cpu",
    ),
    "provider.plugin-cannot-run": Words("{device} was asked for but cannot run", fix="Use provider cpu"),
    "provider.check-device": Words("check the device and its driver"),
    "provider.half-precision": Words("half precision"),
    "provider.full-precision": Words("full precision"),
    # head
    "head.unreadable": Words(
        "The tagger's head {path} cannot be read", fix="Check the name and the disk it is on"
    ),
    "head.too-large": Words(
        "The tagger's head {path} is too large", expected="at most {limit} bytes", got="{size} bytes"
    ),
    "head.damaged": Words(
        "The tagger's head {path} is damaged or something else",
        expected="an .npz file made by `ar-effects train head`",
        got="{reason}",
        fix="Copy it again, or make it anew",
    ),
    "head.format": Words(
        "The tagger's head {path} is of another version",
        expected="format {known}",
        got="format {format}",
        fix="Make it anew with `ar-effects train head`",
    ),
    "head.part": Words(
        'The tagger\'s head {path} is not usable: "{name}" {problem}',
        fix="Make it anew with `ar-effects train head`",
    ),
    "head.part-missing": Words("is missing"),
    "head.part-shape": Words("is {got}, not an array of {axes} axes and of kind {types}"),
    "head.part-count": Words("has the shape {got}, which does not fit {count} tags"),
    "head.part-not-finite": Words("holds numbers that are none"),
    "head.part-not-positive": Words("is {value}, not above 0"),
    "head.part-tags": Words("has empty tags, or one twice"),
    "head.part-notes": Words("is no JSON object"),
    "head.embedding-shape": Words(
        "These embeddings do not fit the tagger's head", expected="(pictures, {size})", got="{shape}"
    ),
    "head.embedding-not-finite": Words(
        "These embeddings hold numbers that are none", expected="finite numbers", got="NaN or infinity"
    ),
    # network
    "network.failed": Words("The network {name} failed", expected="{other_name} of {shape}"),
    "network.no-half-precision": Words("The file of {name} cannot be brought to half precision"),
    "network.list-missing": Words("The list of networks {path} is missing"),
    "network.list-unreadable": Words("The list of networks {path} cannot be read"),
    "network.table-damaged": Words("{path}: the table [{name}] is damaged", got="{kind} at {error}"),
    "network.unlisted": Words("{path} lists no network {name!r}", expected="one of {known}"),
    "backbone.no-embedding": Words(
        "The network {path} gives no embedding",
        expected='outputs called "embedding" and "logits"',
        fix="Name a backbone made by `ar-effects train export`, or leave --backbone out",
    ),
    "everyday.unreadable": Words(
        "The tagger's head {path} cannot be read", expected="weights, tags and thresholds that fit each other"
    ),
    # why a tag is there
    "why.class": Words("the network sees: {name} ({fraction:.0%})"),
    "why.posts": Words("learnt from posts ({fraction:.0%})"),
    "why.everyday": Words("learnt from photographs of everyday things: {name}"),
    "why.no-colour": Words("the picture has no colour"),
    "why.dark": Words("{fraction:.0%} of the picture are dark, with lights in it"),
    "why.warm-sky": Words("{fraction:.0%} of the sky are orange, above dark land"),
    "why.faces": Words("faces in the picture: {count}"),
    "why.face-height": Words("one face takes {fraction:.0%} of the picture's height"),
    "why.expression": Words("the expression that was measured: {name} {value:.0%}"),
    "why.wink": Words("a wink was seen"),
    "why.effect": Words('the effect "{title}" is worn'),
    "why.pack-tag": Words('a tag of the effect "{title}"'),
    "why.date": Words("taken on {date}"),
    "why.place": Words("the file says: {place}"),
    "network.takes-no-pictures": Words(
        "The network {path} does not take pictures",
        expected="one input of (pictures, 3, height, width)",
        fix="Name an ONNX file made by `ar-effects train export`",
    ),
    "network.range-unreadable": Words(
        "The network {path} does not say which values its pictures have",
        expected='"input_range" in its metadata as two numbers',
        fix="Make it anew with `ar-effects train export`",
    ),
    "network.file-unreadable": Words("The network file {path} cannot be read"),
    "network.file-altered": Words(
        "The network file {path} is damaged or was changed",
        expected="sha256 {sha256}...",
        got="{digest}... ({size} bytes)",
    ),
    "network.failed-on-cpu": Words(
        "The network {name} failed on the CPU", expected="a batch of {input_shape} in float32"
    ),
    "network.not-as-described": Words(
        "{path} is not the network its manifest describes", fix="Run `python -m tools.convert`"
    ),
    "network.not-loaded": Words(
        "{path} cannot be loaded by ONNX Runtime {version}",
        fix="Reinstall with `pip install -r requirements.txt`",
    ),
    # tracker
    "tracker.too-many-faces": Words("max_faces is out of range"),
    "tracker.mode-unknown": Words("mode is unknown", expected='"video" or "picture"'),
    "tracker.closed": Words("The tracker is closed", fix="Make another one"),
    "tracker.time-not-finite": Words("time_s is not a finite number"),
    # analyser
    "analyser.needs-itself": Words("it needs what needs it: {path}"),
    "analyser.need-missing": Words("it needs {need!r}, which cannot be had"),
    "analyser.none-measures-it": Words("nothing that is installed measures it"),
    "analyser.no-tracked-frame": Words("annotate gave a {kind}, not a TrackedFrame"),
    # plugin
    "plugin.left-out": Words("The plug-in {name} of {package} for {group} was left out: {kind}: {reason}"),
    "plugin.name-taken": Words("The plug-in {name} of {package} for {group} was left out: its name is taken"),
    "plugin.unknown-package": Words("an unknown package"),
    "plugin.no-subclass": Words("{thing} is not a subclass of {bases}"),
    "plugin.literal-missing": Words('{table} lacks `{key}: Literal["{word}"]`'),
    "plugin.pass-of-other-draw": Words("{pass_class} is not a Pass[{draw}]"),
    "plugin.no-analyser": Words("{thing} is not a class with create and annotate, as analysers are"),
    "plugin.other-product": Words("{analyser}.produces is {produces}, not {name}"),
    "plugin.no-provider": Words("{name} is a {kind}, not an ExecutionProvider"),
    "plugin.no-network-folder": Words("{folder} is not the Path of a folder with a manifest.toml"),
    "plugin.no-network-table": Words("{path} has no table [{name}]"),
    # render
    "render.faces-too-large": Words(
        "The faces in the picture are too large for the graphics driver",
        expected="at most {limit} pixels a side",
        fix="Make the picture smaller first",
    ),
    "render.windows-in-use": Words(
        "OpenGL without a screen was asked for in a program that already uses windows",
        fix="Use the window's context (ar_effects.render.context.attach), or a process of its own",
    ),
    "render.library-missing": Words(
        "A library that OpenGL needs is missing", fix="On Debian or Ubuntu: {packages}"
    ),
    "render.no-context": Words(
        "The graphics driver offers no OpenGL 3.3 core context with 8-bit colour and 24-bit depth",
        fix="Install or update the graphics driver; for drawing in software: {packages}",
    ),
    "render.driver-too-old": Words(
        "The graphics driver is too old",
        expected="OpenGL 3.3 or newer",
        fix="Update the graphics driver, or draw in software with LIBGL_ALWAYS_SOFTWARE=1",
    ),
    "render.context-refused": Words("The graphics driver refused to make a context", fix="Check {packages}"),
    "render.indices-past-vertices": Words(
        "A mesh's triangles name vertices that it does not have", expected="indices below {vertex_count}"
    ),
    "render.shader-refused": Words(
        "The graphics driver cannot compile the shader {shader}",
        fix="Update the graphics driver; if it is up to date, report this message",
    ),
    "render.other-camera": Words(
        "The draw list was made for another picture", expected="a camera of {width}x{height}"
    ),
    "render.picture-does-not-fit": Words(
        "The picture does not fit the renderer",
        expected="uint8 of shape ({height}, {width}, 3) or ({height}, {width}, 4)",
        got="{dtype} of shape {shape}",
        fix="Call Renderer.resize when the video's size changes",
    ),
    "render.array-does-not-fit": Words(
        "The array to read the picture into does not fit",
        expected="C-contiguous uint8 of shape ({height}, {width}, {channels})",
        got="{dtype} of shape {shape}",
    ),
    "render.no-pixels": Words("The picture has no pixels", expected="a positive width and height"),
    "render.framebuffer-refused": Words(
        "The graphics driver refused framebuffers of {width}x{height} pixels", fix="Choose a smaller picture"
    ),
    "render.no-pass": Words(
        "Nothing is known that draws a {draw}",
        expected="one of {known}",
        fix="Register a pass for it (ar_effects.render.passes.register_pass)",
    ),
    "render.pass-taken": Words(
        "Draws of the type {draw} have a pass",
        expected="a type of draw of your own",
        got="{taken_by} draws it",
    ),
    # window
    "window.no-screen-for-pack": Words(
        "There is no screen to open a window on", fix="Use `packs sheet {path} sheet.png`, which needs none"
    ),
    "window.no-screen-for-source": Words(
        "There is no screen to open a window on",
        fix="Use `{command} render {source} OUTPUT`, which needs none",
    ),
    "window.no-screen": Words(
        "There is no screen to open a window on",
        fix="Start it in a desktop session, set DISPLAY, or use a command that needs no window",
    ),
    "window.key-controls": Words("the controls"),
    "window.key-help": Words("the help line"),
    "window.key-mirror": Words("the mirror"),
    "window.key-photo": Words("taking a picture"),
    "window.esc-leaves": Words("Esc leaves full screen"),
    "window.not-filled": Words("The window cannot fill the screen: {error}"),
    "window.changes-not-noticed": Words("Changes of packs are not noticed: {error}"),
    "window.help": Words(
        "{effect}     Esc quit   Space photo   Left/Right effect   C controls   H figures   M "
        "mirror   F11 full screen"
    ),
    "window.no-screen-here": Words("There is no screen here"),
    # panel
    "panel.unavailable": Words("The panel cannot be shown", fix="pip install -r requirements.txt"),
    "panel.no-font": Words("No font here has letters of {scripts}: install one, such as Noto Sans."),
    "panel.nothing-to-set": Words("This effect has nothing to set."),
    "panel.reset": Words("As the designer meant it"),
    "panel.choose-picture": Words("Choose a picture"),
    # status
    "status.loading-tracker": Words("Loading the face tracker..."),
    "status.camera-back": Words("The camera is back."),
    "status.clip-ended": Words("The clip has ended."),
    "status.camera-gone": Words("The camera is gone"),
    "status.camera-lost": Words("{what}. Waiting for it to come back..."),
    "status.preparing-once": Words(
        "Preparing the face tracker for this computer. This happens once and takes about ten seconds."
    ),
    "status.preparing-always": Words(
        "Preparing the face tracker takes about ten seconds at every start: no folder can keep it."
    ),
    "status.opening-camera": Words("Opening the camera..."),
    # figures
    "figures.size-and-detail": Words("{shape}  detail {name}"),
    "figures.line": Words("{fps:.0f} frames/s  {how}  {stages} ms  {device}  dropped {dropped}"),
    # session
    "session.not-a-session": Words(
        "{folder} is not a session",
        expected="a folder with {head}",
        fix="Make one with: {command} record SESSION",
    ),
    "session.unreadable": Words("{path} cannot be read"),
    "session.damaged": Words("{path} is damaged"),
    "session.other-version": Words(
        "The session {folder} was made by another version of AR Effects",
        expected="format {format}",
        got="format {other_format!r}",
        fix="Replay it with the version that recorded it, named in its session.toml",
    ),
    "session.key-missing": Words("{path} is damaged: {key} is missing or of the wrong kind"),
    "session.camera-malformed": Words("{path} is damaged: camera is not a camera"),
    "session.entry-wrong": Words("{path} is damaged: {wrong} is missing or wrong"),
    "session.file-altered": Words(
        "{path} was altered since the session {folder} was recorded", expected="sha256 {sha256}..."
    ),
    "session.incomplete": Words(
        "The session {folder} is not whole",
        expected="{frames} lines in {times} and {faces}",
        got="{other_times} and {other_faces}",
    ),
    "session.frame-damaged": Words("The session {folder} is damaged at frame {number}"),
    "session.clip-too-short": Words("{clip} ends before the session {folder}", expected="{frames} frames"),
    "session.no-frame": Words("{name} gave no frame", fix="Record a little longer"),
    "session.ended-by-error": Words("{what}, which ended the recording."),
    "session.ended-by-size": Words("The size of the pictures changed, which ended the recording."),
    "session.record-again": Words("Record the session again, or copy it again from where it is whole"),
    "session.clip-unreadable": Words(
        "{path}, the frames of the session {folder},", expected="a file that can be read"
    ),
    "session.file-unreadable": Words("{path}", expected="a file that can be read"),
    "session.put-back": Words("Put the clip back as it was"),
    "session.put-back-or-copy": Words("Put the clip back, or record with --copy to keep one in the session"),
    "session.provider-changed": Words("provider {before} to {now}"),
    "session.decoder-differs": Words("the decoder gives other pixels in {frames} frames"),
    "session.recorded-elsewhere": Words(
        "The session was recorded on {label}, which is not to be had here: small differences are expected."
    ),
    # report
    "report.number-missing": Words("The report holds a number that is none"),
    "report.unreadable": Words("The report {path} cannot be read"),
    "report.not-json": Words("{path} is not a report", expected="JSON"),
    "report.not-a-report": Words("{path} is not a report of a replay"),
    "report.other-format": Words("The report {path} has another format", expected="1 to {report_format}"),
    "report.damaged": Words("The report {path} is damaged"),
    "report.make-one": Words("Make one with: {command} replay SESSION --report OUT.json"),
    "report.version-changed": Words("{n} {before} to {now}"),
    "report.identical": Words(
        "Landmarks are identical to the recorded ones: they differ by 0.00 px at most."
    ),
    "report.frames-differ": Words("{frames} frames differ from the recorded results"),
    "report.other-session": Words(
        "Careful: the two reports are of different sessions, and nothing is judged."
    ),
    "report.verdicts": Words("Better in {better}, worse in {worse}, same in {same}."),
    "report.versions": Words("Versions, other to this: {changes}"),
    "report.landmarks-differ": Words("landmarks by {most_px:.2f} px at most"),
    "report.other-faces": Words("other faces in {frames}"),
    "report.what-changed": Words("What changed since the recording: {changes}."),
    "report.other-machine": Words("The two reports are of different machines: times are not judged."),
    # calibration
    "calibration.board-malformed": Words(
        "--board is not a board", expected="inner corners across x down, such as 9x6"
    ),
    "calibration.views-too-similar": Words(
        "The views of the chessboard are too similar: it was hardly tilted",
        expected="tilts at least {min_tilt_range_deg:.0f} degrees apart",
        fix="Lean the board by about 30 degrees to the left, right, front and back in further views",
    ),
    "calibration.views-do-not-fit": Words(
        "The views of the chessboard do not fit one camera well",
        expected="a reprojection error below {limit_px:.2f} px",
        got="{rms:.2f} px",
        fix="Glue the board to something flat, hold it still, use more light, and check --board",
    ),
    "calibration.focal-length-unsettled": Words(
        "The views of the chessboard do not settle the focal length",
        expected="an uncertainty below {limit:.0f} % and a lens of a camera",
        got="{focal_px:.0f} px, {unsure:.1f} % unsure",
        fix="Add views that fill more of the picture and lean more",
    ),
    "calibration.board-not-found": Words(
        "The chessboard was not found in any of {pictures} pictures",
        expected="a board of {board} inner corners, seen whole",
        fix="Check --board (inner corners: one less than squares), and leave the board a white edge",
    ),
    "calibration.too-few-views": Words(
        "There are too few different views of the chessboard",
        expected="at least {least}",
        got="{count} in {pictures} pictures",
        fix="Add views: {wish}",
    ),
    "calibration.unsolvable": Words(
        "The views of the chessboard cannot be solved", fix="Take new views, the board leaning to all sides"
    ),
    "calibration.whose-lens": Words(
        "Whose field of view it is, is not known", fix="Name the camera with --camera"
    ),
    "calibration.camera-unnamed": Words(
        "{source} does not tell which camera it was taken with",
        expected="--camera NAME",
        fix="Cameras and their names are shown by: {command} devices",
    ),
    "calibration.option-of-measuring": Words(
        "{option} before {action} is for measuring only: leave it out, or write it after {action}"
    ),
    "calibration.no-board": Words("no board of {columns}x{rows} inner corners is seen whole"),
    "calibration.other-size": Words("another size than the first picture's"),
    "calibration.nothing-new": Words("nothing new, too like another; {wish}"),
    "calibration.view-taken": Words("view {count} taken; {wish}"),
    "calibration.show-board": Words("show the whole board"),
    "calibration.lean-sideways": Words("lean the board to the left and right"),
    "calibration.lean-back": Words("lean the board towards you and away"),
    "calibration.move-sideways": Words("move it to the left and right edge"),
    "calibration.move-up-and-down": Words("move it to the upper and lower edge"),
    "calibration.move-nearer": Words("hold it nearer, then farther"),
    "calibration.go-on": Words("go on, from other sides"),
    "calibration.taken": Words("taken"),
    "calibration.too-few-and-similar-views": Words(
        "There are too few different views of the chessboard",
        expected="at least {least}",
        got="{count} in {pictures} pictures, {similar} more too similar to these",
        fix="Add views: {wish}",
    ),
    "calibration.found": Words("{views} views, reprojection error {rms_px:.2f} px"),
    "calibration.kept": Words("Kept in {path}"),
    "calibration.others-left-out": Words("{count} pictures of another size were left out."),
    "calibration.nothing-kept": Words(
        "Nothing is kept in {path}: {assumed_fov_deg:g} degrees along the longer side are assumed."
    ),
    "calibration.looking": Words("Looking for the board with {name}; Ctrl-C ends it. {wish}."),
    "calibration.camera": Words(
        "{name}, {width}x{height}: {fov:.1f} degrees along the longer side, fx {fx:.1f}, fy "
        "{fy:.1f}, centre {cx:.1f} {cy:.1f}, k1 {k1:+.3f}, error {rms_px:.2f} px over {views} "
        "views"
    ),
    "calibration.assumed": Words("{name}: {fov:.1f} degrees along the longer side, assumed"),
    "calibration.assumed-across-the-shorter": Words(
        "{name}: {fov_deg:.1f} degrees across the shorter side, assumed"
    ),
    "calibration.forgot-one": Words("Forgot {name} (1 entry)."),
    "calibration.forgot-many": Words("Forgot {name} ({count} entries)."),
    "calibration.left-out": Words("left out: {problem}"),
    # settings
    "settings.camera-unknown": Words('Nothing is kept for a camera "{name}"', expected="one of: {known}"),
    "settings.not-moved-aside": Words("The broken settings file {path} cannot be moved aside"),
    "settings.entry-no-table": Words("the entry is not a table"),
    "settings.key-missing": Words("{key} is missing"),
    "settings.key-kind": Words("{key} is of the wrong kind"),
    "settings.key-not-finite": Words("{key} is not a finite number"),
    "settings.method-unknown": Words("method is unknown"),
    "settings.lens-bends": Words(
        "The lens of {name} bends straight lines (k1 = {k1:+.2f}). That is not corrected: effects "
        "may sit a little off near the picture's edge."
    ),
    "settings.kept-aside": Words("The settings file could not be read whole and is kept as {aside}."),
    "settings.measured-goes-before": Words(
        "{name} was measured, which goes before {fov_deg:g} degrees. To use those: {command} "
        'calibrate forget "{name}"'
    ),
    "settings.other-format": Words(
        "The settings file {path} has format {got}, expected {format}, and is left out."
    ),
    "settings.newer-format": Words(
        "The settings file {path} is a newer version's (format {got}, this version knows {format}): it "
        "is left as it is, and nothing in it is used."
    ),
    "settings.newer-not-replaced": Words(
        "The settings file {path} is a newer version's, and is not written over",
        expected="format {format}",
        got="format {got}",
        fix="Update AR Effects, or name another folder for this version's settings with {variable}",
    ),
    "settings.no-list": Words("In the settings file {path} cameras is not a list; it is left out."),
    "settings.unreadable": Words("The settings file {path} cannot be read ({reason}) and is left out."),
    "settings.not-toml": Words("The settings file {path} is not valid TOML ({error}) and is left out."),
    "settings.camera-left-out": Words("In the settings file {path} camera {number} is left out: {problem}"),
    # asset
    "asset.head-damaged": Words("The model of the head {path} is missing or damaged"),
    "asset.makeup-regions-damaged": Words(
        "The file of makeup regions {path} is damaged", expected="uint8 masks of one size"
    ),
    "asset.environment-unreadable": Words(
        "The environment {path} cannot be read",
        expected="an .npz file with sh and specular_0 .. specular_k",
        fix="Install the program again, or make the file with tools/assets",
    ),
    "asset.environment-damaged": Words(
        "The environment {path} is damaged at {key}",
        fix="Install the program again, or make the file with tools/assets",
    ),
    "asset.shader-unreadable": Words("The shader {path} cannot be read", fix="Install the program again"),
    "asset.demo-missing": Words("The demo clip is missing"),
    "asset.face-damaged": Words(
        "The canonical face {path} is damaged",
        expected="{landmark_count} vertices and weights",
        got="{vertices} and {weights}",
    ),
    "asset.regions-damaged": Words("The landmarks' regions {path} are damaged"),
    "asset.reinstall": Words("Install it again (pip install --force-reinstall ar-effects)"),
    "asset.check-out-again": Words("Get the files again (git checkout -- assets effects models)"),
    "asset.restore-or-convert": Words("{restore}, or run `python -m tools.convert`"),
    "asset.missing": Words("{what} {path} is missing"),
    "asset.damaged": Words("{what} {path} is damaged"),
    "asset.canonical-face": Words("The canonical face"),
    "asset.mesh-patches": Words("The list of the mesh network's patches"),
    "asset.landmark-regions": Words("The list of the landmarks' regions"),
    "asset.makeup-regions": Words("The file of makeup regions"),
    "asset.sh-and-specular": Words("the arrays sh and specular_0"),
    "asset.sh-numbers": Words("finite numbers of shape (9, 3)"),
    "asset.level-floats": Words("floats of shape (h, w, 3)"),
    "asset.of-shape": Words("shape {shape}"),
    "asset.radiance": Words("radiance from 0 to 65504"),
    "asset.no-radiance": Words("negative, huge or missing numbers"),
    "asset.dtype-and-shape": Words("{dtype} of shape {shape}"),
    # cli
    "cli.size-malformed": Words("--size is not a size", expected="such as 1280x720"),
    "cli.saved": Words("Saved {output}"),
    "cli.error": Words("error: {problem}"),
    "cli.frames-with-face": Words("{frames} frames, {with_face} with a face."),
    "cli.saved-lines": Words("Saved {count} lines in {output}"),
    "cli.recorded": Words("{frames} frames in {seconds:.1f} s, {with_face} with a face."),
    "cli.recording": Words("Recording {name}. Ctrl-C ends it."),
    "cli.recording-so-far": Words("Recording: {seconds} s, {frames} frames "),
    "cli.stopped": Words("Stopped."),
    "cli.defect": Words(
        "error: Something went wrong inside AR Effects ({kind}: {error}). This is a defect: please "
        "report it with the output of the same command and --debug."
    ),
    # reference
    "reference.id-twice": Words("two layers are called {name}", fix="Call one of them something else"),
    "reference.no-layer": Words("no layer has the id {name}", fix="{hint}"),
    "reference.action-kind": Words('do = "{action}" needs a {wanted}, not a {kind}', fix="{hint}"),
    "reference.no-signal": Words("faces do not tell {value}", fix="{hint}"),
    "reference.kind": Words("a {types} is needed, and {value} is a {kind}", fix="{hint}"),
    "reference.no-parameter": Words("there is no parameter {name}", fix="{hint}"),
    # hint
    "hint.did-you-mean": Words("Did you mean {near!r}?"),
    "hint.there-are": Words("There are: {names}"),
    "hint.name-one-of": Words("Name one of: {names}"),
    "hint.add-parameter-of-kind": Words('Add a parameter with kind = "{kind}"'),
    "hint.add-parameter": Words("Add a table [parameters.{name}]"),
    "hint.give-id": Words('Give the layer id = "{name}"'),
    "hint.faces-tell": Words("They tell {known}"),
    "hint.add-the-file": Words("Add the file, or correct the name"),
    "hint.check-the-name": Words("Check the name"),
    "hint.did-you-mean-folder": Words("Did you mean {folder}?"),
    "hint.correct-kind": Words("Correct kind, or install the plug-in that adds it"),
    "hint.update-or-take-out": Words("Update that package, or take it out"),
    "hint.update-or-use-cpu": Words("Update that package, or use provider cpu"),
    "hint.correct": Words("Correct {key}"),
    "hint.keys-are": Words("Keys are {keys}"),
    # list
    "list.or": Words(" or "),
    "list.and": Words(" and "),
    "list.or-else": Words(", or "),
    # cover
    "cover.not-whole": Words(
        'with on_lost = "blur_frame" a cover must always be whole', fix="Take out {key}"
    ),
    "cover.not-first": Words(
        'with on_lost = "blur_frame" covers come before all other layers, which may move the face',
        fix="Move this layer up",
    ),
    "cover.triggered": Words(
        'with on_lost = "blur_frame" no trigger may {action} a cover', fix="Take out the trigger"
    ),
    # name
    "name.is-device": Words("is a device on Windows, whatever follows the dot"),
    "name.forbidden-sign": Words("holds {sign!r}, which Windows does not allow"),
    "name.cut-off": Words("begins or ends with a space, or ends with a dot, which Windows cuts off"),
    # extension
    "extension.draco": Words("Draco compression"),
    "extension.meshopt": Words("meshopt compression"),
    "extension.ktx2": Words("KTX2 textures"),
    "extension.avif": Words("AVIF textures"),
    "extension.dds": Words("DDS textures"),
    "extension.instances": Words("instances"),
    "extension.variants": Words("variants of materials"),
    "extension.lights": Words("lights of its own"),
    "extension.animated-materials": Words("animations of materials"),
    "extension.first-variant": Words("the first look is drawn"),
    "extension.lit-as-the-face": Words("models are lit as the face is"),
    "extension.named": Words("{name} ({extension})"),
    # problem
    "problem.error": Words("{place}: error: {problem}"),
    "problem.advice": Words("{place}: advice: {problem}"),
    "problem.and-more": Words("{problem} (and {count} more)"),
    # expected
    "expected.parameter": Words('a parameter such as "$name"'),
    "expected.colour": Words('a colour such as "#ff8800" or "#ff8800cc"'),
    "expected.name": Words("a name of small letters, digits and _, beginning with a letter"),
    "expected.tag": Words("one word of letters, digits, _ or -, without the #"),
    "expected.file": Words("the name of a file in the pack's folder"),
    "expected.number-or-reference": Words(
        'a number, a parameter such as "$size", or what the face does such as "@smile"'
    ),
    "expected.text": Words("text (a string, in quotes)"),
    "expected.number": Words("a number, without quotes"),
    "expected.whole-number": Words("a whole number, without quotes"),
    "expected.whole-number-unquoted": Words("a whole number"),
    "expected.flag": Words("true or false, without quotes"),
    "expected.list": Words("a list, in square brackets"),
    "expected.table": Words("a table"),
    "expected.finite-number": Words("a finite number"),
    "expected.greater-than": Words("greater than {bound}"),
    "expected.at-least": Words("at least {bound}"),
    "expected.less-than": Words("less than {bound}"),
    "expected.at-most": Words("at most {bound}"),
    "expected.list-of-at-least-one": Words("a list of at least 1 item, not {actual}"),
    "expected.list-of-at-least-many": Words("a list of at least {count} items, not {actual}"),
    "expected.list-of-at-most-one": Words("a list of at most 1 item, not {actual}"),
    "expected.list-of-at-most-many": Words("a list of at most {count} items, not {actual}"),
    "expected.tuple-of-at-least-one": Words("Tuple should have at least 1 item, not {actual}"),
    "expected.tuple-of-at-least-many": Words("Tuple should have at least {count} items, not {actual}"),
    "expected.tuple-of-at-most-one": Words("Tuple should have at most 1 item, not {actual}"),
    "expected.tuple-of-at-most-many": Words("Tuple should have at most {count} items, not {actual}"),
    "expected.table-of-at-least-one": Words("a table of at least 1 item, not {actual}"),
    "expected.table-of-at-least-many": Words("a table of at least {count} items, not {actual}"),
    "expected.table-of-at-most-one": Words("a table of at most 1 item, not {actual}"),
    "expected.table-of-at-most-many": Words("a table of at most {count} items, not {actual}"),
    "expected.text-of-at-least-one": Words("text of at least 1 character"),
    "expected.text-of-at-least-many": Words("text of at least {count} characters"),
    "expected.text-of-at-most-one": Words("text of at most 1 character"),
    "expected.text-of-at-most-many": Words("text of at most {count} characters"),
    "expected.more": Words("more"),
    "expected.tuple": Words("a valid tuple"),
    # json
    "json.flag": Words("a valid boolean"),
    "json.table": Words("an object"),
    "json.object": Words("an object"),
    "json.number": Words("a valid number"),
    "json.greater-than": Words("greater than {bound}"),
    "json.at-least": Words("greater than or equal to {bound}"),
    "json.whole-number-without-fraction": Words("a valid integer, got a number with a fractional part"),
    "json.whole-number": Words("a valid integer"),
    "json.less-than": Words("less than {bound}"),
    "json.at-most": Words("less than or equal to {bound}"),
    "json.list": Words("a valid array"),
    "json.text": Words("a valid string"),
    "json.tuple": Words("a valid array"),
    "json.missing": Words("Field required"),
    "json.finite": Words("a finite number"),
    # stream
    "stream.unknown-size": Words("of an unknown kind"),
    "stream.another-film": Words("another film ({size})"),
    "stream.subtitles": Words("subtitles"),
    "stream.attachments": Words("attachments"),
    "stream.data": Words("data"),
    "stream.cover": Words("a cover picture"),
    "stream.tracks": Words("{name} ({count} tracks)"),
    # got
    "got.a-file": Words("a file"),
    "got.nothing": Words("nothing"),
    "got.none": Words("none"),
    "got.no-ending": Words("no ending"),
    "got.folder-without-it": Words("a folder without it"),
    "got.nothing-of-that-name": Words("nothing of that name"),
    "got.its-limit": Words("its limit is {largest}"),
    # word
    "word.session": Words("session"),
    # sheet
    "sheet.no-face": Words("No face was found in {path}"),
    "sheet.one-outside": Words("{row}, {label}: 1 of the models is partly outside of the picture"),
    "sheet.some-outside": Words("{row}, {label}: {count} of the models are partly outside of the picture"),
    # devices
    "devices.program": Words("AR Effects {version}, Python {python}, {system}"),
    "devices.runtime": Words("ONNX Runtime {version}: {choice}"),
    "devices.networks": Words("intact: {names}"),
    "devices.no-screen": Words("none (DISPLAY is not set): `render` and `track` work without one"),
    "devices.software": Words("drawn by the processor: install your graphics card's driver for more speed"),
    "devices.screen": Words("a window can be opened"),
    "devices.no-camera": Words("none found: plug in a webcam, or use --source demo"),
    "devices.title-networks": Words("Networks"),
    "devices.title-opengl": Words("OpenGL"),
    "devices.title-video": Words("Video"),
    "devices.title-screen": Words("Screen"),
    "devices.title-cameras": Words("Cameras"),
    "devices.title-plugins": Words("Plug-ins"),
    "devices.plugin": Words("{group}: {name} of {package}"),
    "devices.plugins-of-no-group": Words("{packages}: there are no plug-ins called {group}, but {groups}"),
    "devices.does-not-work": Words("does not work: {problem}"),
    "devices.encoder": Words("PyAV {version}, encoder {name}"),
    "devices.other-encoder": Words(
        "PyAV {version}, encoder {name} (H.264 is missing: files are larger; pip install --upgrade av)"
    ),
    "devices.camera": Words("{index}: {name}"),
    "devices.denied-camera": Words("{index}: {name} (no permission: sudo usermod -aG video $USER)"),
    # packs
    "packs.made": Words("Made {made}. See it: {command} packs preview {here}"),
    "packs.saved-bundle": Words("Saved {made}, signed by {signer} (you)."),
    "packs.none": Words("There are no packs in {folders}."),
    "packs.broken": Words("broken: {problem}"),
    "packs.error-one": Words("1 error"),
    "packs.error-many": Words("{count} errors"),
    "packs.advice-one": Words("1 piece of advice"),
    "packs.advice-many": Words("{count} pieces of advice"),
    "packs.good": Words("good"),
    "packs.installed": Words("Installed {title} as {name}, signed by {signer}."),
    "packs.replaced": Words(
        "Installed {title} {version}, in place of {replaced}, as {name}, signed by {signer}."
    ),
    # train
    "train.address-unknown": Words(
        "The address {address} cannot be opened ({reason})",
        expected="a folder, or an address that fsspec knows",
        fix="Check the spelling, and install the package that fsspec asks for",
    ),
    "train.address-unwritable": Words(
        "{place} cannot be written",
        got="{reason}",
        fix="Check the address and your rights there, then run the same command again; it goes on",
    ),
    "train.file-missing": Words(
        "There is no file {place}", fix="Check the name, or copy the folder again, whole"
    ),
    "train.file-unreadable": Words(
        "{place} cannot be read",
        got="{reason}",
        fix="Check the connection and your rights there, then run the same command again; it goes on",
    ),
    "train.vocabulary-empty": Words(
        "The vocabulary is empty, so that there is nothing to learn",
        expected="at least one tag",
        fix="Lower --least-posts, or bring more posts",
    ),
    "train.other-shards": Words(
        "{place} already holds shards of other posts or other settings", fix="Name another folder after -o"
    ),
    "train.index-damaged": Words(
        "{place} is damaged, or of another version",
        fix="Run `train shards` again, or copy the folder again, whole",
    ),
    "train.no-shards": Words(
        "There are no shards in {place}",
        expected="a folder that `train shards` wrote, with an index.json",
        fix="Check the address, or write them with `train shards`",
    ),
    "train.shards-incomplete": Words(
        "The shards in {place} are not complete",
        fix="Run the same `train shards` command again; it goes on where it stopped",
    ),
    "train.shard-cut-off": Words(
        "The shard {place} is cut off",
        expected="{size} bytes",
        got="{found}",
        fix="Copy it again, or run the same `train shards` command again, which mends it; "
        "then the same `train run` goes on",
    ),
    "train.checkpoint-damaged": Words(
        "The checkpoint {path} is cut off, damaged or something else",
        fix="Name another one, or remove it to begin from the one before",
    ),
    "train.checkpoint-of-another-network": Words(
        "The checkpoint {path} is of another network: {name} differs",
        expected="{expected}",
        got="{found}",
        fix="Name the network that it is of after --network",
    ),
    "train.checkpoint-passed-over": Words("{problem}. Going on from the checkpoint before it."),
    "train.another-run": Words(
        "{folder} holds a run with other settings: {name}",
        expected="{expected}",
        got="{found}",
        fix="Name another folder after -o, or the settings that it began with",
    ),
    "train.nothing-to-learn": Words(
        "No picture in {place} has a tag to learn", fix="Write the shards again with more posts"
    ),
    "train.no-precision": Words(
        "{precision} does not work on this device ({device})",
        expected="float32, or bfloat16 where the processor has it",
        fix="Start a new run with --precision float32",
    ),
    "train.no-device": Words(
        "There is no device {device} here", expected="one of {devices}", fix="Leave --device out"
    ),
    "train.loss-not-finite": Words(
        "The loss is not a number any more at step {step}; what was learnt until then is kept",
        expected="a finite number",
        got="the last good checkpoint: {last}",
        fix="Start a run with a lower --learning-rate or with --clip 1 in another folder",
    ),
    "train.worker-died": Words(
        "A process that reads pictures died ({reason})",
        fix="Run the same command again, which goes on from the last checkpoint; with fewer --workers if "
        "memory was short",
    ),
    "train.process-died": Words(
        "Process {rank} lost another of the processes that learn together ({reason})",
        fix="Run the same command again, with as many processes as you like; it goes on",
    ),
    "train.network-unknown": Words(
        'There is no network called "{name}"', expected="one of {names}", fix="Check the spelling"
    ),
    "train.goes-on": Words("Going on from step {step} of {steps}."),
    "train.picture-left-out": Words("A picture does not decode and is left out: {place}."),
    "train.epoch": Words("Epoch {epoch} of {epochs}: loss {loss:.4f}."),
    "train.epoch-measured": Words(
        "Epoch {epoch} of {epochs}: loss {loss:.4f}, top-1 {top_1:.3f}, mAP {precision:.3f} "
        "(head {head:.3f}, torso {torso:.3f}, tail {tail:.3f})."
    ),
    "hashtags.wordnet-unreadable": Words("The table of words {path} is missing or damaged"),
    "hashtags.aliases-unreadable": Words("The list of words {path} is missing or damaged"),
    "posts.unreadable": Words("The posts in {path} cannot be read", got="{reason}", fix="Check the name"),
    "posts.line": Words("{path}, line {line}: {problem}"),
    "posts.too-long": Words("this line is left out", expected="at most {limit} bytes"),
    "posts.not-utf8": Words("this line is left out", expected="text in UTF-8", got="other bytes"),
    "posts.not-json": Words("this line is left out", expected="an object in JSON", got="{got}"),
    "posts.missing": Words("this line is left out", expected="the key {key}", got="none"),
    "posts.bad-value": Words(
        "this line is left out", expected="{wanted} as {key}", got="{got}", fix="Correct it and read it again"
    ),
    "posts.wanted-text": Words("text that is not empty"),
    "posts.wanted-tags": Words("a list of texts"),
    "posts.wanted-time": Words("seconds since 1970, a finite number"),
    "posts.wanted-likes": Words("a whole number from 0"),
    "posts.tag-too-long": Words(
        "a tag is left out", expected="at most {limit} characters", got="{length} characters"
    ),
    "vocabulary.empty": Words(
        "The vocabulary has no tags",
        expected="at least one tag of at least {minimum} posts",
        fix="Give more posts, or ask for fewer posts a tag",
    ),
    "vocabulary.unreadable": Words("The vocabulary {path} cannot be read", got="{reason}"),
    "vocabulary.not-one": Words(
        "{path} is no vocabulary", expected="{wanted}", got="{got}", fix="Make it again from the posts"
    ),
    "train.no-network-in-checkpoint": Words(
        "The checkpoint {path} is of no network that is known here",
        expected="weights of a ResNeXt as torchvision names them, or of one of {known}",
        fix="Name another file",
    ),
    "train.non-commercial": Words(
        "If {path} has the weights of {name} that were published with the paper on hashtags (WSL), their "
        "licence is CC-BY-NC 4.0: not for commercial use, nor is what is made from them; this program never "
        "brings them along."
    ),
    "train.export-differs": Words(
        "The exported {name} gives other numbers than torch: {largest:.1e} of its largest output",
        expected="at most {bar:.0e}",
        fix="Nothing was written. Tell the authors, with the versions of torch and onnxruntime",
    ),
    "train.export-too-large": Words(
        "{path} would be too large for an ONNX file",
        expected="at most {limit} bytes",
        got="{size}",
        fix="Write it with --precision float16",
    ),
    "train.no-pictures": Words(
        "There is no picture in {folder}",
        expected="a folder of pictures",
        fix="Name another folder after --pictures",
    ),
    "train.too-few-pictures": Words(
        "int8 takes its scales from pictures, and there are too few",
        expected="at least {least}",
        got="{found}",
        fix="Name a folder of pictures like those it will see after --pictures",
    ),
    "train.exported": Words(
        "{path}: {size:.1f} MB, {precision}. On {pictures} pictures against torch: outputs within "
        "{largest:.1e} of the largest, the first class the same on {same:.1%}, embeddings at least "
        "{cosine:.5f} alike."
    ),
    "train.cost": Words("{name}: {parameters:.2f} M parameters, {giga:.2f} GFLOPs at {side}x{side}"),
    "train.line-left-out": Words("{problem}."),
    "train.useless-tags": Words(
        "{count} tags are not learnt, as they say nothing of a picture or are bait: {names}."
    ),
    "train.shards-written": Words(
        "{place}: {written} pictures with {tags} tags in the shards; {dropped} posts dropped."
    ),
    "train.dropped-missing": Words("{count} pictures are not there, such as {example}."),
    "train.dropped-undecodable": Words("{count} files do not decode as pictures, such as {example}."),
    "train.dropped-too-small": Words("{count} pictures are too small, such as {example}."),
    "train.dropped-too-many-tags": Words("{count} posts have too many tags, such as {example}."),
    "train.dropped-no-tags": Words("{count} posts have no tag of the vocabulary, such as {example}."),
    "train.dropped-duplicate": Words("{count} pictures are there already, such as {example}."),
    "train.dropped-in-test": Words("{count} pictures are among those to test with, such as {example}."),
    "train.dropped-over-maker-limit": Words(
        "{count} posts are more of one maker than count, such as {example}."
    ),
    "train.run-ended": Words("Learnt {steps} steps; the network is {network}."),
    "train.run-without-network": Words("Learnt {steps} steps; nothing was measured yet."),
    "train.run-out-of-patience": Words("It got no better, and ended early."),
    "train.run-asked": Words("Stopped at step {steps}; the same command goes on from there."),
    "train.measured-anew": Words(
        "{count} pictures to measure with are among those that are learnt from, and are left out."
    ),
    "train.head-is-new": Words("The head begins anew: {weights} is of other tags."),
    "train.other-vocabulary": Words(
        "The shards to measure with ({place}) have other tags than those to learn from",
        fix="Write them with `train shards --vocabulary` and the vocabulary.json of those to learn from",
    ),
    "train.extra-missing": Words(
        "Training needs packages that are not installed: {missing}",
        fix='Install them with: python -m pip install "ar-effects[train]", or here: ./run test --with train',
    ),
    "train.extra-note": Words(
        'Not installed here: {missing}. The extra brings it: python -m pip install "ar-effects[train]".'
    ),
    "train.duplicates": Words("{one} is {other}"),
    "train.duplicates-found": Words("{count} of {pictures} pictures of {test} are in {training}."),
    "train.truth-unreadable": Words(
        "What is true of the posts cannot be read from {path}",
        expected="a line for each post, as tools/posts writes them",
        got="{reason}",
    ),
    "train.head-written": Words(
        "Wrote {path}: {tags} tags, learnt from {pictures} pictures; {sure} of them sure enough to be shown, "
        "{idle} say nothing of a picture, {left_out} pictures left out."
    ),
    "train.head-not-finite": Words(
        "The head's loss is not a number",
        expected="finite embeddings",
        fix="Check the pictures, or raise the weight decay",
    ),
    "train.head-no-tags": Words(
        "No tag can be learnt from these posts",
        expected="tags that pictures show",
        got="{tags} tags of {pictures} pictures, none found better than by chance",
        fix="Give more posts, or pictures that go with their tags",
    ),
}
