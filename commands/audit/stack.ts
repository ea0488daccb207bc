import type { Description } from "../../components/sbom/description.ts";
import { StepError } from "../../components/step/error.ts";
import { stackDescriptions } from "../../infra/images.ts";
import { configuredRepository, configuredSettings } from "../../local/images.ts";
import { readStackConfig } from "../../local/stack-config.ts";
import { type Bom, componentsOf } from "./components.ts";
import { findings, placed } from "./findings.ts";
import type { Matches, OsvPackage } from "./osv.ts";
import { packageKey } from "./osv.ts";
import type { Audit } from "./report.ts";

/** The images of a stack that are looked at. */
export interface AuditedStack {
	readonly descriptions: Readonly<Record<string, Description>>;
	/** Folders of its apps, by the names of their artefacts. */
	readonly folders: Readonly<Record<string, string>>;
}

/**
 * The images of a stack to look at.
 *
 * @param images artefacts; none: all that are deployed, which wheelbuild is not.
 * @throws ConfigError where the stack is refused, StepError where it has no such image.
 */
export async function auditedStack(
	stack: string,
	config: readonly string[],
	images: readonly string[],
): Promise<AuditedStack> {
	const stackConfig = readStackConfig(stack, config);
	const settings = configuredSettings(stack, stackConfig);
	const repository = await configuredRepository(settings, stackConfig);
	const all = stackDescriptions(settings, repository);
	const unknown = images.find((image) => all[image] === undefined);
	if (unknown !== undefined) {
		throw new StepError(
			`--image ${JSON.stringify(unknown)}: there is no SBOM of that`,
			`known: ${Object.keys(all).join(", ")}`,
		);
	}
	const chosen = Object.entries(all).filter(([artefact]) =>
		images.length === 0 ? !artefact.startsWith("wheelbuild") : images.includes(artefact),
	);
	const folders = settings.apps.map(({ name, folder }) => [`app-${name}`, folder] as const);
	return {
		descriptions: Object.fromEntries(chosen) as Record<string, Description>,
		folders: Object.fromEntries(folders) as Record<string, string>,
	};
}

/**
 * What images have, by their SBOMs.
 *
 * @param ask who knows which vulnerabilities packages have.
 */
export async function auditBoms(
	boms: ReadonlyMap<string, Buffer>,
	ask: (packages: readonly OsvPackage[]) => Promise<Matches>,
): Promise<Pick<Audit, "images" | "components" | "findings">> {
	const images = [...boms].map(
		([image, bom]) => [image, componentsOf(JSON.parse(bom.toString()) as Bom)] as const,
	);
	const components = placed(images);
	const packages = components.flatMap(({ component }) => component.packages);
	const each = new Map(packages.map((of) => [packageKey(of), of]));
	const matches = await ask([...each.values()]);
	return {
		images: [...boms.keys()],
		components: components.length,
		findings: findings(components, matches),
	};
}
