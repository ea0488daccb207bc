import { StepError } from "../../components/step/error.ts";
import { readCommandLine, runCommand } from "../../local/command-line.ts";
import { addRelease, project } from "./add.ts";

const USAGE = `Verify a CPython release and write it into the catalog, stacks/cpython.ts.

usage: npm run catalog:add -- VERSION [--file TARBALL]

      --file TARBALL    a tarball at hand, its signature beside it (.sigstore or .asc);
                        else it comes from python.org or the Debian mirror of this machine
  -h, --help            this text`;

await runCommand(main);

async function main(): Promise<void> {
	const { values, positionals } = parseCommandLine();
	if (values.help) {
		process.stdout.write(`${USAGE}\n`);
		return;
	}
	const [version] = positionals;
	if (version === undefined || positionals.length > 1)
		throw new StepError("one version is wanted", "see npm run catalog:add -- --help");
	const say = (line: string) => process.stderr.write(`==> ${line}\n`);
	const { sha256, added } = await addRelease(version, values.file, { ...project, say });
	const done = added
		? `is now in ${project.catalog}; npm run check names the stack files that want it`
		: `was already in ${project.catalog}, with this hash`;
	process.stdout.write(`Python ${version}, sha256 ${sha256}, ${done}\n`);
}

function parseCommandLine() {
	return readCommandLine("npm run catalog:add", {
		allowPositionals: true,
		options: { file: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
	});
}
