import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { variantsSchema } from '../../../sim/documents/index.ts'
import { documentText } from '../../folders/documents.ts'
import type { FolderChange } from '../../folders/replace-files.ts'
import { readDocument } from '../../folders/run-folder.ts'
import { dropReplays, keepReplays } from '../kept-replays.ts'
import type { ReplayedVariants } from './replay-variants.ts'

/**
 * Keeps the replays of each variant in a folder of its name, as `replay --out` keeps them, and
 * removes those of earlier variants.
 */
export async function keepVariants(
  change: FolderChange,
  replayed: ReplayedVariants | null,
  signal: AbortSignal,
): Promise<void> {
  const earlier = await readDocument(change.directory, 'variants', variantsSchema).catch(() => null)
  const names = new Set(replayed?.sides.map(({ name }) => name))
  for (const { name } of earlier?.measured?.variants ?? []) {
    if (names.has(name) || !existsSync(join(change.directory, name))) continue
    const folder = change.below(name)
    await dropReplays(folder)
    for (const file of ['measured.json', 'profile.json', 'scenario.json', 'requests.jsonl']) {
      folder.remove(file)
    }
  }
  for (const side of replayed?.sides ?? []) {
    const folder = change.below(side.name)
    await dropReplays(folder)
    await keepReplays(folder, [side], signal)
    await folder.write('measured.json', documentText(side.result))
    const { profile } = side.system
    if (profile !== null) await folder.write('profile.json', documentText(profile))
  }
}
