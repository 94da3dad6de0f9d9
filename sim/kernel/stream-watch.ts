import { Random } from './random.ts'

/** Draws by which a used stream differs from a new one; fewer could be the same by chance. */
const COMPARED = 4
/** A run with more streams counts as one that draws, since each stream is kept until the end. */
const MOST = 10_000

const open = new Set<StreamWatch>()

/**
 * Whether any stream that is made while it is open has been drawn from. A run in which none was
 * is the same whatever its seed and replication are. Streams have no more work for it: at the end
 * they are compared with new ones of the same seed.
 */
export class StreamWatch {
  readonly #made: { readonly seed: string; readonly random: Random }[] = []
  #tooMany = false

  constructor() {
    open.add(this)
  }

  made(seed: string, random: Random): void {
    this.#made.push({ seed, random })
    if (this.#made.length <= MOST) return
    this.#tooMany = true
    this.#made.length = 0
    open.delete(this)
  }

  /** Ends it. The streams cannot be used further. */
  drawn(): boolean {
    open.delete(this)
    return this.#tooMany || this.#made.some(({ seed, random }) => isUsed(random, seed))
  }
}

function isUsed(random: Random, seed: string): boolean {
  const fresh = new Random(seed)
  for (let i = 0; i < COMPARED; i++) if (random.uniform() !== fresh.uniform()) return true
  return false
}

/** The stream for one purpose in one replication: the same for every variant of a scenario. */
export function stream(seed: number, replication: number, name: string): Random {
  const text = `${seed}/${replication}/${name}`
  const random = new Random(text)
  for (const watch of open) watch.made(text, random)
  return random
}
