import type { App } from "../../stacks/apps/app.ts";
import { lockDigests } from "../../stacks/apps/locked.ts";
import type { DebianRelease } from "../../stacks/debian.ts";
import type { CompiledWheel, LockedFile } from "../../stacks/lock/lock.ts";
import type { StackPython } from "../../stacks/settings.ts";
import { libraryName, pythonName } from "../../stacks/variants.ts";
import { type AppFiles, appFiles } from "../app-files.ts";
import type { ImageNaming, StackImage } from "../image.ts";
import { tagOf } from "../image-name.ts";
import type { InputsOf } from "../step/definition.ts";
import type { SourceFile } from "./facts.ts";
import type { describeStep } from "./step.ts";

/** What describes an image: `SBOM`, a file in CycloneDX, and `PROVENANCE`, one in SLSA v1, unsigned. */
export type Description = InputsOf<typeof describeStep>;

/** What the description of the package, and of what it is installed in, both need. */
interface Described {
	readonly site: ImageNaming;
	readonly debian: DebianRelease;
	readonly python: StackPython;
	/** The image of the package. */
	readonly package: StackImage;
}

/**
 * The description of the package.
 *
 * @param args `builder` is the image whose dpkg-deb looks into it, `builderPlatform` on what that runs, where
 * it is another platform; `stem` the path of the files, from the
 * project root, without their endings.
 */
export function describePackage({
	builder,
	builderPlatform,
	stem,
	...args
}: Described & {
	readonly builder: string;
	readonly builderPlatform: string | undefined;
	readonly stem: string;
}): Description {
	return {
		...common(args, stem),
		IMAGE: args.package.name,
		MADE_FROM: [builder],
		BUILDER: builder,
		BUILDER_PLATFORM: builderPlatform,
		ENSUREPIP: undefined,
		PIP: undefined,
		ROOT: undefined,
		APP: undefined,
	};
}

/**
 * The description of an image that the package is in.
 *
 * @param args `from` is the image that it is made from; `folder` that of the files, from the project root;
 * `hasPip` whether pip is there too, and what makes it: by default it is.
 */
export function describeImage({
	image,
	from,
	folder,
	hasPip = true,
	...args
}: Described & {
	readonly image: StackImage;
	readonly from: StackImage;
	readonly folder: string;
	readonly hasPip?: boolean;
}): Description {
	return {
		...common(args, `${folder}/${tagOf(image.name)}`),
		...withPython(args.python, hasPip),
		IMAGE: image.name,
		MADE_FROM: [from.name, args.package.name],
		ROOT: undefined,
		APP: undefined,
	};
}

/**
 * The description of an app's image.
 *
 * @param args `from` are the images that it is made from, `dependencies` the one that it stands on;
 * `wheelOf` says which one has the wheel of a
 * distribution that is compiled here; `wheel` is the one of its own, where it is a distribution; `locals`
 * are those of its distributions that are folders; `folder`
 * is that of the files, from the project root.
 */
export function describeApp({
	image,
	dependencies,
	from,
	app,
	files,
	wheelOf,
	wheel,
	locals,
	folder,
	...args
}: Described & {
	readonly image: StackImage;
	readonly dependencies: StackImage;
	readonly from: readonly StackImage[];
	readonly app: App;
	readonly files: AppFiles;
	readonly wheelOf: (choice: CompiledWheel) => StackImage;
	readonly wheel: StackImage | undefined;
	readonly locals: readonly {
		readonly name: string;
		readonly wheel: { readonly image: StackImage };
	}[];
	readonly folder: string;
}): Description {
	const { name, version } = app;
	return {
		...common(args, `${folder}/${name}-${tagOf(image.name)}`),
		...withPython(args.python, app.python.image === undefined),
		IMAGE: image.name,
		MADE_FROM: from.map((each) => each.name),
		// Its own wheels are among what is told.
		ROOT: wheel === undefined && locals.length === 0 ? dependencies.name : undefined,
		APP: {
			name,
			...(version !== undefined && { version }),
			files: files.hash,
			locks: lockDigests(app),
			site: `/venv/lib/${libraryName(args.python)}/site-packages`,
			distributions: app.distributions.map((choice) => ({
				name: choice.name,
				version: choice.version,
				...(choice.kind === "downloaded"
					? { file: sourceFile(choice.file) }
					: { sdist: sourceFile(choice.sdist), image: wheelOf(choice).name }),
			})),
			...(wheel !== undefined && { wheel: wheel.name }),
			locals: app.locals.map((local, index) => ({
				name: local.name,
				...(local.version !== undefined && { version: local.version }),
				files: appFiles(local).hash,
				// They are the same, in the same order.
				image: locals[index]?.wheel.image.name ?? "",
			})),
		},
	};
}

/** Neither a user nor a token of an index may stand in what everybody gets. */
function sourceFile({ name, sha256, url }: LockedFile): SourceFile {
	if (url === undefined) return { name, sha256 };
	const { origin, pathname } = new URL(url);
	return { name, sha256, url: origin + pathname };
}

/** Of an image that the package is installed in. */
function withPython(python: StackPython, hasPip: boolean) {
	const none = { BUILDER: undefined, BUILDER_PLATFORM: undefined };
	if (!hasPip) return { ...none, ENSUREPIP: undefined, PIP: undefined };
	const name = pythonName(python);
	const { pip } = python.series;
	return {
		...none,
		ENSUREPIP: `/opt/cpython/${name}/lib/${libraryName(python)}/ensurepip/_bundled`,
		PIP: { name: "pip", version: pip.version, sha256: pip.sha256 },
	};
}

function common({ site, debian, python, package: own }: Described, stem: string) {
	const { version, source, patches } = python;
	return {
		SBOM: `${stem}.cdx.json`,
		PROVENANCE: `${stem}.intoto.json`,
		PLATFORM: site.platform,
		DEBIAN: { codename: debian.codename, number: String(debian.number) },
		CPYTHON: {
			...{ version, format: source.format, sha256: source.sha256 },
			...(patches && { patches: patches.patches }),
		},
		PATCHES_FOLDER: patches?.folder,
		PACKAGE: own.name,
		PACKAGE_NAME: `cpython${pythonName(python)}`,
	};
}
