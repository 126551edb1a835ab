import { mkdtempSync } from "node:fs";
import { chmod, open, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../server/src/embedded/account.ts";
import { NotRun } from "./fault.ts";

export type SmallDisk = {
  readonly path: string;
  /** To the last byte; again when something was given back. */
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
};

const mebibyte = 1_048_576;

/** A disk of its own, so small that it can be filled without harm: a tmpfs, for which one must be root. */
export async function smallDisk(sizeMebibytes: number): Promise<SmallDisk> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new NotRun("a small disk is a tmpfs, which only root on Linux may mount: run it as root, or in a container");
  const mountPoint = mkdtempSync(join(tmpdir(), "aftercare-disk-"));
  const { code, output } = await run("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${sizeMebibytes}m,mode=0755`,
    "none",
    mountPoint,
  ]);
  if (code !== 0) {
    await rm(mountPoint, { recursive: true, force: true });
    throw new NotRun(`a tmpfs could not be mounted here: ${output.trim()}`);
  }
  const path = join(mountPoint, "postgres");
  const filler = join(mountPoint, "filler");
  await chmod(mountPoint, 0o711);
  return {
    path,
    async fill() {
      const file = await open(filler, "a");
      for (let size = mebibyte; size >= 4_096; ) {
        try {
          await file.write(Buffer.alloc(size, 1));
        } catch {
          size /= 4;
        }
      }
      await file.close();
      const { bavail } = await statfs(mountPoint);
      if (bavail > 4) throw new Error(`the disk is not full: ${bavail} blocks are left`);
    },
    free: () => rm(filler, { force: true }),
    async remove() {
      await run("umount", ["--lazy", mountPoint]);
      await rm(mountPoint, { recursive: true, force: true });
    },
  };
}
