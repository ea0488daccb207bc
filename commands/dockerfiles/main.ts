import { baseLabel } from "../../components/base/base.ts";
import { imageOf } from "../../components/image.ts";
import { debName } from "../../components/package/package.ts";
import { pythonLabels } from "../../components/python/python.ts";
import type { Description } from "../../components/sbom/description.ts";
import { onDaemon } from "../../components/step/daemon.ts";
import { makeFolder, writeWhole } from "../../components/step/file.ts";
import { withStep } from "../../components/step/step.ts";
import { stopController } from "../../components/step/stop.ts";
import { stackApps } from "../../infra/apps.ts";
import { stackDescriptions, stackImages } from "../../infra/images.ts";
import { commandLine, configOption, runCommand, stackOption } from "../../local/command-line.ts";
import { configuredRepository, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import type { App } from "../../stacks/apps/app.ts";
import { dockerVariables } from "../../stacks/docker-hosts.ts";
import { hasMinimal, MINIMAL } from "../../stacks/minimal.ts";
import { type PlatformSettings, perPlatform } from "../../stacks/platforms.ts";
import type { Settings, StackPython } from "../../stacks/settings.ts";
import {
	appDockerfile,
	appDockerignore,
	minimalDockerfile,
	pythonDockerfile,
	quote,
	SECRET,
} from "./dockerfile.ts";
import { readParts } from "./parts.ts";

const abort = stopController(undefined);

const command = commandLine(
	"npm run dockerfiles",
	"Write Dockerfiles that make a stack's python and apps with BuildKit, from images that the stack has.",
)
	.addOption(stackOption)
	.addOption(configOption)
	.addHelpText("after", "\nThe images of its apps must be in the Docker daemon or in its registry.")
	.action(async ({ stack, config }) => {
		const stackConfig = readStackConfig(stack, config);
		const settings = configuredSettings(stack, stackConfig);
		const repository = await configuredRepository(settings, stackConfig);
		const images = stackImages(settings, repository);
		const descriptions = stackDescriptions(settings, repository);
		makeFolder(folderOf(settings));
		for (const each of perPlatform(settings)) {
			const { platformSuffix: suffix, dockerHost } = each;
			const made: Made = {
				nameOf: (artefact) => imageOf(images, artefact + suffix).name,
				descriptionOf: (artefact) => descriptions[artefact + suffix] as Description,
			};
			await onDaemon(dockerHost && dockerVariables(dockerHost), () => writePlatform(each, made));
		}
	});

await runCommand(command);

/** What one of the platforms has, by artefact without its suffix. */
interface Made {
	readonly nameOf: (artefact: string) => string;
	readonly descriptionOf: (artefact: string) => Description;
}

async function writePlatform(settings: PlatformSettings, made: Made): Promise<void> {
	for (const python of settings.pythons) await writePython(settings, python, made);
	for (const app of stackApps(settings))
		if (app.python.image === MINIMAL) tellNone(app);
		else await writeApp(settings, app, made);
}

/** Where a stack's Dockerfiles go, from the project root. */
function folderOf({ stack }: Settings): string {
	return `dockerfiles/${stack}`;
}

/** The Dockerfile of an artefact. */
function fileOf(settings: PlatformSettings, artefact: string): string {
	return `${folderOf(settings)}/${artefact}${settings.platformSuffix}.Dockerfile`;
}

async function writePython(
	settings: PlatformSettings,
	python: StackPython,
	{ nameOf }: Made,
): Promise<void> {
	const { caBundle, base } = settings;
	const artefact = `python${python.suffix}`;
	const file = fileOf(settings, artefact);
	const labels = pythonLabels(python, {
		base: base.kind === "image" ? base.reference : baseLabel(nameOf("base")),
		package: debName({ ...settings, python }).version,
	});
	const images = { debbase: nameOf("debbase"), package: nameOf(`package${python.suffix}`) };
	await writeWhole(file, pythonDockerfile(python, { ...images, labels }));
	const secret = caBundle === undefined ? "" : ` --secret=id=${SECRET},src=${word(caBundle)}`;
	tell(settings, artefact, `${secret} - <${file}`);
	if (!hasMinimal(python)) return;
	const minimal = `${MINIMAL}${python.suffix}`;
	const minimalFile = fileOf(settings, minimal);
	const parts = { python: nameOf(artefact), labels };
	await writeWhole(minimalFile, minimalDockerfile(python, parts));
	tell(settings, minimal, ` - <${minimalFile}`);
}

function tellNone({ name }: App): void {
	process.stderr.write(
		`app ${name}: no Dockerfile, since its image, which stands on minimal, has no shell for RUN; npm start makes it\n`,
	);
}

async function writeApp(
	settings: PlatformSettings,
	app: App,
	{ nameOf, descriptionOf }: Made,
): Promise<void> {
	const { platform } = settings;
	const artefact = `app-${app.name}`;
	const description = descriptionOf(artefact);
	const dependencies = nameOf(`dependencies-${app.name}`);
	const parts = await withStep(abort.signal, (step) =>
		readParts(step, { app, description, dependencies, platform }),
	);
	const file = fileOf(settings, artefact);
	await writeWhole(file, appDockerfile(app, parts));
	if (app.isPackage) return tell(settings, app.name, ` - <${file}`);
	await writeWhole(`${file}.dockerignore`, appDockerignore(app));
	tell(settings, app.name, ` --file=${file} ${word(app.folder)}`);
}

/** Say how a Dockerfile is built. */
function tell({ platform, platformSuffix }: PlatformSettings, name: string, rest: string): void {
	process.stdout.write(
		`DOCKER_BUILDKIT=1 docker build --platform=${platform} --tag=${name}${platformSuffix}${rest}\n`,
	);
}

/** A path as a shell's word. */
function word(path: string): string {
	return /^[\w./-]+$/.test(path) ? path : quote(path);
}
