export function findProgram(variable: string, names: readonly string[]): string | undefined;
export function installFromDebian(missing: readonly string[], advice: string): Promise<void>;
