/** A placeholder. */
export async function migrate(_url: string): Promise<{ from: number; to: number }> {
  return { from: 0, to: 0 };
}

/** A placeholder: the version of the schema in the database, and the version that this program brings. */
export async function schemaState(_url: string): Promise<{ at: number; head: number }> {
  return { at: 0, head: 0 };
}
