import { StepError } from "../../components/step/error.ts";
import { commandLine, runCommand } from "../../local/command-line.ts";
import { addRelease, project } from "./add.ts";

const command = commandLine(
	"npm run catalog:add",
	"Verify a CPython release and write it into the catalog, stacks/cpython.ts.",
)
	.usage("-- VERSION [options]")
	.argument("[version...]", "one version, such as 3.14.8")
	.option(
		"--file <tarball>",
		"a tarball at hand, its signature beside it (.sigstore or .asc); else it comes from python.org or the Debian mirror of this machine",
	)
	.action(async ([version, ...others], { file }) => {
		if (version === undefined || others.length > 0)
			throw new StepError("one version is wanted", "see npm run catalog:add -- --help");
		const say = (line: string) => process.stderr.write(`==> ${line}\n`);
		const { sha256, added } = await addRelease(version, file, { ...project, say });
		const done = added
			? `is now in ${project.catalog}; npm run check names the stack files that want it`
			: `was already in ${project.catalog}, with this hash`;
		process.stdout.write(`Python ${version}, sha256 ${sha256}, ${done}\n`);
	});

await runCommand(command);
