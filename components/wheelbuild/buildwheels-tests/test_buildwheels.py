"""Tests of components/wheelbuild/context/buildwheels.d, with any Python 3.4 or newer."""

import ast
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

CONTEXT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "context")
sys.path.insert(0, os.path.join(CONTEXT, "buildwheels.d"))

import command_line  # noqa: E402
import debian  # noqa: E402
import elf  # noqa: E402
import failure  # noqa: E402
import missing  # noqa: E402
import requirements  # noqa: E402
import sources  # noqa: E402
import wheel_dir  # noqa: E402
import wheel_file  # noqa: E402


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text=""):
        path = self.path(name)
        if not os.path.isdir(os.path.dirname(path)):
            os.makedirs(os.path.dirname(path))
        with open(path, "w") as file:
            file.write(text)
        return path


class CommandLine(unittest.TestCase):
    HELP = """
  -w, --wheel-dir <dir>       Build wheels into <dir>
  -r, --requirement <file>    Install
  --no-deps                   Don't
  -i, --index-url <url>       Base
  --progress-bar <progress_bar>
"""

    def parse(self, *words):
        return command_line.parse(words, command_line.value_options(self.HELP))

    def test_options_with_values(self):
        found = command_line.value_options(self.HELP)
        self.assertEqual(
            found,
            {"-w", "--wheel-dir", "-r", "--requirement", "-i", "--index-url", "--progress-bar"},
        )

    def test_sorts_words(self):
        command = self.parse(
            *"--no-deps -i http://x/ --progress-bar off -rone.txt --requirement=two.txt a==1".split()
        )
        self.assertEqual(
            command.options, ["--no-deps", "-i", "http://x/", "--progress-bar", "off"]
        )
        self.assertEqual(command.requirements, ["-rone.txt", "--requirement=two.txt", "a==1"])
        self.assertEqual((command.apt, command.wheel_dir), ([], None))

    def test_apt_and_wheel_dir(self):
        command = self.parse("--apt", "libpq-dev libffi-dev", "--apt=libxml2-dev,x-dev", "-wout")
        self.assertEqual(command.apt, ["libpq-dev", "libffi-dev", "libxml2-dev", "x-dev"])
        self.assertEqual(command.wheel_dir, "out")

    def test_apt_takes_names_alone(self):
        for bad in ("./x.deb", "-y", "a;b", "-o=Debug::x=1"):
            with self.assertRaises(failure.Failure):
                self.parse("--apt=" + bad)

    def test_a_command_is_a_command(self):
        self.assertEqual(command_line.program(["sh", "-c", "true"]), shutil.which("sh"))
        for word in ("-r", ".", "./lib", "requests==2.0", "a[b]", "git+https://x/y"):
            self.assertIsNone(command_line.program([word]))

    def test_a_word_that_may_be_a_mistyped_command_is_refused(self):
        with self.assertRaises(failure.Failure) as caught:
            command_line.program(["bashh-no-such"])
        self.assertIn("neither a command", caught.exception.line)


class Sources(Folder):
    def copy(self):
        sources.say = lambda text: None
        sources.copy(self.path("src"), self.path("copy"), self.path("src", "wheels"))
        found = []
        for folder, _, names in os.walk(self.path("copy")):
            found += [os.path.relpath(os.path.join(folder, n), self.path("copy")) for n in names]
        return sorted(found)

    def test_leaves_out_what_builds_left(self):
        for name in (
            "pyproject.toml",
            "pkg/module.py",
            "pkg/__pycache__/module.pyc",
            "build/lib/pkg/gone.py",
            "build/temp.linux-x86_64/x.o",
            "build/Dockerfile",
            "pkg.egg-info/SOURCES.txt",
            "venv/pyvenv.cfg",
            "target/CACHEDIR.TAG",
            "node_modules/x.js",
            "cmake/CMakeCache.txt",
        ):
            self.write("src/" + name)
        self.assertEqual(
            self.copy(), ["build/Dockerfile", "pkg/module.py", "pyproject.toml"]
        )

    def test_keeps_a_package_named_build(self):
        self.write("src/pyproject.toml")
        self.write("src/pkg/build/lib/x.py")
        self.assertIn("pkg/build/lib/x.py", self.copy())

    def test_links_the_wheels_and_keeps_links(self):
        self.write("src/wheels/a.whl")
        os.symlink("nowhere", self.path("src", "link"))
        os.mkfifo(self.path("src", "pipe"))
        self.copy()
        self.assertEqual(os.readlink(self.path("copy", "wheels")), self.path("src", "wheels"))
        self.assertEqual(os.readlink(self.path("copy", "link")), "nowhere")
        self.assertFalse(os.path.exists(self.path("copy", "pipe")))

    @unittest.skipUnless(shutil.which("git"), "no git")
    def test_git_works_in_the_copy(self):
        self.write("src/file", "text")
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", self.path("src")]
        subprocess.check_call(git + ["init", "-q"])
        subprocess.check_call(git + ["add", "file"])
        subprocess.check_call(git + ["commit", "-qm", "first"])
        subprocess.check_call(git + ["tag", "v1.2"])
        self.copy()
        said = subprocess.check_output(
            ["git", "-C", self.path("copy"), "describe", "--tags", "--dirty"]
        )
        self.assertEqual(said.decode().strip(), "v1.2")
        self.assertEqual(os.listdir(self.path("copy", ".git", "objects")), ["info"])


class WheelDir(Folder):
    def test_knows_a_mount(self):
        mounts = self.write("mountinfo", "36 35 98:0 /mnt1 /wheels rw - ext3 /dev/root rw\n")
        self.assertTrue(wheel_dir.is_mount("/wheels", mounts))
        with self.assertRaises(failure.Failure) as caught:
            wheel_dir.check("/wheels", True, self.write("none", "36 35 98:0 / / rw - ext3 x rw\n"))
        self.assertIn("would be lost", caught.exception.line)

    def test_makes_a_folder_that_was_named(self):
        wheel_dir.check(self.path("a", "b"), False)
        self.assertTrue(os.path.isdir(self.path("a", "b")))

    def test_a_wheel_is_there_whole(self):
        os.mkdir(self.path("wheels"))
        store = wheel_dir.Store(self.path("wheels"), self.folder)
        path = store.copy(self.write("a-1-py3-none-any.whl", "content"))
        self.assertEqual(store.wheels(), [path])
        self.assertEqual(os.listdir(self.path("wheels")), ["a-1-py3-none-any.whl"])

    @unittest.skipUnless(os.getuid() == 0, "not root")
    def test_gives_what_docker_made_to_the_owner_of_the_sources(self):
        os.mkdir(self.path("wheels"))
        os.chown(self.folder, 1234, 1235)
        store = wheel_dir.Store(self.path("wheels"), self.folder)
        path = store.copy(self.write("a-1-py3-none-any.whl"))
        for each in (path, self.path("wheels")):
            self.assertEqual((os.stat(each).st_uid, os.stat(each).st_gid), (1234, 1235))


class Requirements(Folder):
    def test_reads_a_report(self):
        wheel, sdist, git, folder, local = requirements.items(
            {
                "install": [
                    entry(url="https://x/a.whl", archive_info={"hashes": {"sha256": "1"}}),
                    entry(url="https://x/a.tar.gz", archive_info={"hashes": {"sha256": "2"}}),
                    entry(
                        url="https://x/a.git",
                        vcs_info={"vcs": "git", "commit_id": "abc"},
                        subdirectory="lib",
                    ),
                    entry(url="file:///build/src/a", dir_info={}),
                    entry(url="file:///build/found/a%2Bb.whl", archive_info={}),
                ]
            }
        )
        self.assertTrue(wheel.is_wheel)
        self.assertIsNone(wheel.path)
        self.assertEqual(wheel.line, "name @ https://x/a.whl --hash=sha256:1")
        self.assertEqual((sdist.is_wheel, sdist.source), (False, "sha256:2"))
        self.assertEqual(git.line, "name @ git+https://x/a.git@abc#subdirectory=lib")
        self.assertEqual(git.source, "git+https://x/a.git@abc#lib")
        self.assertEqual((folder.line, folder.source), ("name @ file:///build/src/a", None))
        self.assertEqual(local.path, "/build/found/a+b.whl")

    def test_moves_paths_into_the_copy(self):
        for before, after in (
            ("/src/lib", "/copy/lib"),
            ("-r/src/a.txt", "-r/src/a.txt"),
            ("--requirement=/src/a.txt", "--requirement=/copy/a.txt"),
            ("a @ file:///src/a", "a @ file:///copy/a"),
            ("./src/a", "./src/a"),
            ("https://host/src/a", "https://host/src/a"),
            ("/srcs", "/srcs"),
        ):
            self.assertEqual(requirements.moved(before, "/src", "/copy"), after)

    def test_finds_the_options_of_files(self):
        os.mkdir(self.path("dist"))
        self.write("base.txt", "--extra-index-url https://u:${TOKEN}@x/\na==1 \\\n  --hash=sha256:1\n")
        top = self.write("top.txt", "-r base.txt\n-e .\n-f dist\n-c none.txt\n--pre\n")
        self.assertEqual(
            requirements.options_of([top], "/src", self.folder),
            (
                [
                    "--find-links " + self.path("dist"),
                    "--pre",
                    "--extra-index-url https://u:${TOKEN}@x/",
                ],
                {("sha256", "1")},
            ),
        )

    def test_takes_of_what_is_there_only_what_the_hashes_allow(self):
        path = self.write("a-1-py3-none-any.whl", "content")
        digest = hashlib.sha256(b"content").hexdigest()
        self.assertTrue(requirements.may_be_taken(path, set()))
        self.assertTrue(requirements.may_be_taken(path, {("sha512", "0"), ("sha256", digest)}))
        self.assertFalse(requirements.may_be_taken(path, {("sha256", "0")}))

    def test_names_files(self):
        words = "-r a.txt -rb.txt --requirement=c.txt -c d.txt x==1 -e .".split()
        self.assertEqual(requirements.files(words), ["a.txt", "b.txt", "c.txt", "d.txt"])


def entry(**download):
    return {"metadata": {"name": "name", "version": "1"}, "download_info": download}


class Elf(unittest.TestCase):
    TEXT = """
Dynamic Section:
  NEEDED               libpq.so.5
  NEEDED               libc.so.6
  SONAME               x.so

Version References:
  required from libpq.so.5:
    0x0c0b5a52 0x00 03 RHPG_9.6
  required from libc.so.6:
    0x09691a75 0x00 02 GLIBC_2.2.5
    0x069691b4 0x00 05 GLIBC_2.34
    0x09691974 0x00 04 GLIBC_2.3.4
"""

    def test_reads_objdump(self):
        self.assertEqual(elf.parse(self.TEXT), elf.Needs({"libpq.so.5"}, (2, 34)))
        self.assertEqual(elf.parse(""), elf.Needs(set(), None))

    def test_a_version_without_a_number_is_as_new_as_this_glibc(self):
        text = self.TEXT + "    0x0fd0e42a 0x00 03 GLIBC_ABI_DT_RELR\n"
        self.assertEqual(elf.parse(text).glibc, max((2, 34), elf.own_glibc()))

    @unittest.skipUnless(shutil.which("objdump"), "no objdump")
    def test_reads_a_program(self):
        needs = elf.needs("/bin/sh")
        self.assertEqual(needs.libraries, set())
        self.assertLessEqual(needs.glibc, elf.own_glibc())


class WheelFile(Folder):
    def wheel(self, name="name-1-cp38-abi3-linux_x86_64.whl", extra=()):
        path = self.path(name)
        with zipfile.ZipFile(path, "w") as archive:
            tag = "-".join(name[:-4].split("-")[2:])
            archive.writestr(
                "name-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: %s\n" % tag
            )
            archive.writestr("name-1.dist-info/RECORD", "")
            archive.writestr("name/a,b.py", "")
            archive.writestr("name/_vendor/other-1.dist-info/WHEEL", "")
            for member in extra:
                archive.writestr(member, "#!/bin/sh\n")
        return path

    def rewrite(self, path, platform="manylinux_2_34_", **options):
        out = self.path("out")
        if not os.path.isdir(out):
            os.mkdir(out)
        return wheel_file.rewrite(path, out, "sha256:1", "bookworm", platform, **options)

    def test_tags_and_records(self):
        path = self.rewrite(self.wheel())
        self.assertEqual(os.path.basename(path), "name-1-cp38-abi3-manylinux_2_34_x86_64.whl")
        with zipfile.ZipFile(path) as archive:
            self.assertIn(
                b"Tag: cp38-abi3-manylinux_2_34_x86_64\n", archive.read("name-1.dist-info/WHEEL")
            )
            lines = archive.read("name-1.dist-info/RECORD").decode().splitlines()
            self.assertEqual(len(lines), len(archive.namelist()))
            self.assertTrue(any(line.startswith('"name/a,b.py",sha256=47DE') for line in lines))
            self.assertEqual(archive.namelist()[-1], "name-1.dist-info/RECORD")
        self.assertEqual(wheel_file.record(path), wheel_file.Record("sha256:1", None))
        self.assertIsNone(wheel_file.record(self.wheel()))

    def test_build_tag_and_further_files(self):
        for former, tag in (("", "1deb12"), ("2-", "2deb12"), ("03_x-", "03deb12")):
            path = self.rewrite(
                self.wheel("name-1-%scp38-abi3-linux_x86_64.whl" % former),
                build="deb12",
                extra={"sboms/name.cdx.json": b"{}"},
            )
            name = "name-1-%s-cp38-abi3-manylinux_2_34_x86_64.whl" % tag
            self.assertEqual(os.path.basename(path), name)
            with zipfile.ZipFile(path) as archive:
                text = archive.read("name-1.dist-info/WHEEL").decode()
                self.assertIn("\nBuild: %s\nTag: " % tag, text)
                self.assertEqual(archive.read("name-1.dist-info/sboms/name.cdx.json"), b"{}")
                self.assertIn(b"sboms/name.cdx.json,sha256=", archive.read("name-1.dist-info/RECORD"))

    def test_same_bytes_in_whatever_order_and_mode(self):
        script = zipfile.ZipInfo("name-1.data/scripts/run", (2024, 1, 1, 1, 1, 1))
        script.external_attr = 0o100775 << 16
        first = self.rewrite(self.wheel(extra=["a.py", script]))
        with open(first, "rb") as file:
            before = file.read()
        script.external_attr = 0o100700 << 16
        second = self.rewrite(self.wheel(extra=[script, "a.py"]))
        with open(second, "rb") as file:
            self.assertEqual(file.read(), before)
        with zipfile.ZipFile(io.BytesIO(before)) as archive:
            modes = {i.filename: i.external_attr >> 16 for i in archive.infolist()}
        self.assertEqual(modes["name-1.data/scripts/run"], 0o100755)
        self.assertEqual(modes["a.py"], 0o100644)

    def test_platform_by_glibc(self):
        def tag(libraries, glibc):
            return wheel_file.platform_tag(elf.Needs(libraries, glibc), (2, 36))

        self.assertEqual(tag(set(), (2, 34)), "manylinux_2_34_")
        self.assertEqual(tag(set(), (2, 4)), "manylinux_2_17_")
        self.assertEqual(tag(set(), None), "manylinux_2_17_")
        self.assertEqual(tag({"libstdc++.so.6"}, (2, 4)), "manylinux_2_36_")

    def test_pythons(self):
        version = "cp%d%d" % sys.version_info[:2]
        abi = version + getattr(sys, "abiflags", "")
        for tags, fits in (
            ("py3-none-any", True),
            ("py2.py3-none-any", True),
            (version + "-" + abi + "-linux_x86_64", True),
            ("cp32-abi3-linux_x86_64", True),
            ("cp399-abi3-linux_x86_64", False),
            ("cp32-cp32m-linux_x86_64", False),
            ("py2-none-any", False),
        ):
            self.assertEqual(wheel_file.fits_python("n-1-%s.whl" % tags), fits, tags)


class Missing(unittest.TestCase):
    def test_reads_what_tools_say(self):
        for text, kind, name in (
            ("c/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory", "header", "ffi.h"),
            ("src/x.c:1:10: fatal error: 'libxml/xpath.h' file not found", "header", "libxml/xpath.h"),
            ("/usr/bin/ld: cannot find -lxslt: No such file or directory", "library", "xslt"),
            ("Package libffi was not found in the pkg-config search path.", "pkg-config", "libffi"),
            ("No package 'cairo' found", "pkg-config", "cairo"),
            ("Error: pg_config executable not found.", "program", "pg_config"),
            ("/bin/sh: 1: mysql_config: not found", "program", "mysql_config"),
            ("FileNotFoundError: [Errno 2] No such file or directory: 'cmake'", "program", "cmake"),
            ("error: can't find Rust compiler", "program", "rustc"),
        ):
            self.assertEqual(missing.lacks(text)[0], missing.Lack(kind, name))
        self.assertEqual(missing.lacks("ModuleNotFoundError: No module named 'x'"), [])

    def test_a_header_counts_more_than_a_program_that_was_tried(self):
        text = "/bin/sh: 1: pkg-config: not found\nx.c:1: fatal error: ffi.h: No such file or directory"
        self.assertEqual(missing.lacks(text), [missing.Lack("header", "ffi.h")])

    def test_explains(self):
        text = "x.c:1: fatal error: ffi.h: No such file or directory"
        pattern = missing.pattern(missing.Lack("header", "ffi.h"))
        self.assertEqual(
            missing.explain(text, lambda patterns: {pattern: ["libffi-dev"]}),
            ("the build lacks the header ffi.h, which is in libffi-dev", "add --apt 'libffi-dev'"),
        )
        self.assertIn("packages.debian.org", missing.explain(text, lambda patterns: None)[1])
        self.assertIsNone(missing.explain("no idea", lambda patterns: None))

    def test_no_package_of_debian_stands_for_libpython(self):
        text = "/usr/bin/ld: cannot find -lpython3.13: No such file or directory"
        what, remedy = missing.explain(text, lambda patterns: self.fail("asked Debian"))
        self.assertIn("libpython3.13, and this CPython has no libpython", what)
        self.assertNotIn("--apt", remedy)

    def test_ranks_packages(self):
        lines = [
            ("usr/include/botan-2/botan/ffi.h", "libdevel/libbotan-2-dev"),
            ("usr/include/x86_64-linux-gnu/ffi.h", "libdevel/libffi-dev"),
            ("usr/lib/x/ffi.h", "devel/other,libdevel/libffi-dev"),
        ]
        self.assertEqual(debian.ranked(lines), ["libffi-dev", "libbotan-2-dev", "other"])


class Grammar(unittest.TestCase):
    @unittest.skipIf(sys.version_info < (3, 8), "ast.parse has no feature_version before 3.8")
    def test_the_oldest_python_of_the_catalog_can_read_it(self):
        # 3.4; ast.parse of 3.13 and newer goes back to 3.7 only (its documentation).
        oldest = (3, 4) if sys.version_info < (3, 13) else (3, 7)
        folder = os.path.join(CONTEXT, "buildwheels.d")
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".py"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                tree = ast.parse(file.read(), name, feature_version=oldest)
            # What feature_version does not tell, or not everywhere.
            newer = [node for node in ast.walk(tree) if isinstance(node, (ast.JoinedStr, ast.AnnAssign))]
            self.assertEqual([(name, node.lineno) for node in newer], [])


if __name__ == "__main__":
    unittest.main()
