/*
 * Node runs this before Pulumi's SDK and the program (nodeargs of Pulumi.yaml): what it compiles it
 * keeps in node_modules, which is as old as the packages, and takes from there the next time. It is
 * no TypeScript, since to strip types is a part of what is saved.
 */
import { enableCompileCache } from "node:module";

enableCompileCache("node_modules/.cache/node");
