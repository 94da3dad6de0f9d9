import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'
import { namesIn } from './synced-files.ts'

/** What a killed process leaves in a folder: files and changes that it has not finished. */

const SHORT_ID = '[0-9a-f]{8}'

export const shortId = () => randomUUID().slice(0, 8)

/** Suffix of a file's name while it is being written. */
export const unfinishedEnd = () => `.${PROCESS_NAME}-${shortId()}.tmp`
const UNFINISHED = new RegExp(`\\.(${PROCESS_PATTERN})-${SHORT_ID}\\.tmp$`)

/** The hidden folder of a change while its files are written. */
export const stagedName = (process: string, id: string) => `.spillway-${process}-${id}`
const STAGED = new RegExp(`^\\.spillway-(${PROCESS_PATTERN})-${SHORT_ID}$`)

/** Removes what processes that have ended left in a folder. `of`: only of this file. */
export async function removeLeftovers(directory: string, of?: string): Promise<void> {
  for (const name of await namesIn(directory).catch(() => [])) {
    if (of !== undefined && !name.startsWith(`${of}.`)) continue
    const left = STAGED.exec(name) ?? UNFINISHED.exec(name)
    if (left === null || !hasEnded(left[1]!)) continue
    // a leftover that cannot be removed does no harm
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => {})
  }
}
