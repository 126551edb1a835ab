/** A placeholder. */
export async function seedDemo(
  _url: string,
): Promise<{ signIns: { login: string; password: string; name: string }[]; fresh: boolean }> {
  return { signIns: [], fresh: false };
}
