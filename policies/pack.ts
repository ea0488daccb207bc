import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies.ts";

new PolicyPack("debian-python", { policies, enforcementLevel: "mandatory" });
