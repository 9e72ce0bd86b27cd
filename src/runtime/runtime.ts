/**
 * config.json → tape: the face of this folder. All of it is pure; what has to
 * be known of the host comes in as facts.
 */

export { capabilitiesOf, capabilityMask, capabilityName, defaultCapabilities } from "./capabilities.ts";
export type { Cgroup } from "./cgroups.ts";
export { Descriptors } from "./descriptors.ts";
export { compileExec, type ExecFacts } from "./entering.ts";
export { compileGuard, type GuardFacts } from "./guarding.ts";
export type { PathKind } from "./hardening.ts";
export { type CopyFacts, compileCopy, compileHold, ENTER, type HoldFacts } from "./holding.ts";
export { encodeIdentity, type Identity, resolveUser } from "./identity.ts";
export { isKernels, kernelsOf } from "./kernels.ts";
export type { Caller, Compiled, PolicyOptions } from "./policy.ts";
export { compileProbe } from "./probing.ts";
export type { RootSource } from "./root.ts";
export { type Donors, joinsPid } from "./sharing.ts";
export { type Layers, sourcePath, type Take } from "./sources.ts";
export type { Device, DeviceRule, Mount, Process, Resources, Spec, ThrottleDevice } from "./spec.ts";
export { DEVICES_ANNOTATION, donorOf, INIT_ANNOTATION, USER_ANNOTATION } from "./spec.ts";
export { compileStart, type StartFacts } from "./starting.ts";
export { mergeTmpfsOptions } from "./tmpfs.ts";
export { compileWait } from "./waiting.ts";
