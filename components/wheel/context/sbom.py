"""The SBOM inside a wheel (PEP 770), in CycloneDX 1.6: the same bytes each time.

Of Debian's packages there are the names alone: their versions move with the archive, and the
image that has them installed says these.
"""

import email
import json
import os
import re
import zipfile
from urllib.parse import quote

METADATA = re.compile(r"[^/]+\.dist-info/METADATA$")


def write(job, used, owners, built):
    """The SBOM of a wheel. used: build requirements; owners: packages of the libraries, by soname."""
    metadata = headers(built)
    version = metadata.get("Version", "")
    purl = pypi(job["name"], version)
    component = {
        "type": "library",
        "bom-ref": purl,
        "name": job["name"],
        "version": version,
        "purl": purl,
    }
    if "sdist" in job:
        component["externalReferences"] = [
            {
                "type": "source-distribution",
                "url": quote(os.path.basename(job["sdist"]["path"])),
                "hashes": [hash_of(job["sdist"]["sha256"])],
            }
        ]
    # PEP 639
    if "License-Expression" in metadata:
        component["licenses"] = [{"expression": metadata["License-Expression"]}]
    libraries = [library(job, package, owners) for package in sorted(set(owners.values()))]
    tools = [tool(item["name"], item["version"], sha256) for item, _, sha256 in used]
    tools += [debian_component(job, package) for package in sorted(job["packages"])]
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component},
        "components": libraries,
        "dependencies": [
            {"ref": purl, "dependsOn": [each["bom-ref"] for each in libraries]},
        ],
        # What made it, and is not in it.
        "formulation": [{"components": tools}],
    }
    return (json.dumps(bom, indent=2, sort_keys=True) + "\n").encode("utf-8")


def library(job, package, owners):
    """A Debian package whose libraries are linked."""
    sonames = sorted(soname for soname, owner in owners.items() if owner == package)
    properties = [{"name": "debian-python:soname", "value": soname} for soname in sonames]
    return dict(debian_component(job, package), properties=properties)


def debian_component(job, package):
    purl = "pkg:deb/debian/%s?distro=debian-%s" % (quote(package), job["number"])
    return {"type": "library", "bom-ref": purl, "name": package, "purl": purl}


def tool(name, version, sha256):
    purl = pypi(name, version)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [hash_of(sha256)],
    }


def pypi(name, version):
    return "pkg:pypi/%s@%s" % (quote(name), quote(version))


def hash_of(sha256):
    return {"alg": "SHA-256", "content": sha256}


def headers(wheel):
    """The fields of its metadata, those that are there once."""
    with zipfile.ZipFile(wheel) as archive:
        # Only at the top: a distribution may have others inside, as setuptools has.
        (name,) = [each for each in archive.namelist() if METADATA.match(each)]
        return dict(email.message_from_bytes(archive.read(name)).items())
