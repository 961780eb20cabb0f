"""Reads the YAML files that are named, validates each document, and writes {documents: {file: [document]}, errors: [text], unknown: [kind]} as JSON.

Kinds that Kubernetes does not define are reported as unknown. Arguments: versions of Kubernetes, separated by commas, and files.
"""

import functools
import json
import sys

import kubernetes_validate
import yaml
from kubernetes_validate import utils

# The definitions of a version are a megabyte, and are read for each document.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that occurs twice: YAML readers take one of the two."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"keys that occur twice: {', '.join(twice)}", node.start_mark)
        return super().construct_mapping(node, deep)


def main(versions, files):
    documents, errors, unknown, valid = {}, [], set(), set()
    for file in files:
        with open(file, encoding="utf-8") as stream:
            try:
                documents[file] = [document for document in yaml.load_all(stream, Loader=StrictLoader) if document]
            except yaml.YAMLError as error:
                errors.append(f"{file}: {error}")
                continue
        for document in documents[file]:
            text = json.dumps(document, sort_keys=True)
            if "kind" not in document or text in valid:
                continue
            valid.add(text)
            for version in versions:
                name = f"{document['kind']} {document['metadata']['name']} in {file}, Kubernetes {version}"
                try:
                    kubernetes_validate.validate(document, version, strict=True)
                except kubernetes_validate.SchemaNotFoundError:
                    unknown.add(f"{document['apiVersion']} {document['kind']}")
                except kubernetes_validate.ValidationError as error:
                    errors.append(f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    json.dump({"documents": documents, "errors": errors, "unknown": sorted(unknown)}, sys.stdout)


main(sys.argv[1].split(","), sys.argv[2:])
