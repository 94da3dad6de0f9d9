import { stat } from 'node:fs/promises'
import { EXIT, Failure } from '../../../scenarios/index.ts'

/** Throws `Failure` where a file to be written is a folder, or one of the files that are read. */
export async function refuseOverwriting(out: string, read: Iterable<string>): Promise<void> {
  const there = await stat(out).catch(() => null)
  if (there === null) return
  if (there.isDirectory()) {
    throw new Failure(`--out: ${out} is a folder; name a file in it`, EXIT.usage)
  }
  for (const path of read) {
    const known = await stat(path).catch(() => null)
    if (known === null || known.dev !== there.dev || known.ino !== there.ino) continue
    throw new Failure(`--out: ${out} is read by this command; name another file`, EXIT.usage)
  }
}
