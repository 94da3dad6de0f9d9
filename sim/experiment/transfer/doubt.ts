import { significant } from '../../kernel/index.ts'

/** Why the times behind an objective are in doubt. */
export interface Doubt {
  readonly because: string
  /** how many times as long its times may be; infinite where nothing bounds them */
  readonly slowness: number
  /** what would decide it; absent where `because` shows that */
  readonly remedy?: string
}

/** A doubt as a reason; `outcome`: with the longest times, null where these were not simulated. */
export function doubtText({ because, slowness, remedy }: Doubt, outcome: string | null): string {
  if (!Number.isFinite(slowness)) {
    const cure = remedy === undefined ? '' : `; ${remedy}`
    return `${because}, so nothing shows that it holds${cure}`
  }
  const times = `times ${significant(slowness, 3)} times as long`
  if (outcome === null) return `${because}, and ${times} were not simulated`
  return `${because}, and with ${times} it ${outcome}`
}
