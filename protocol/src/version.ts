/** Versions of the wire this build speaks, newest first. A client offers its list; the server picks the newest both know. */
export const protocolVersions = [1] as const;
export type ProtocolVersion = (typeof protocolVersions)[number];

/** The newest version both sides speak, or undefined. */
export function negotiate(offered: readonly number[]): ProtocolVersion | undefined {
  return protocolVersions.find((version) => offered.includes(version));
}
