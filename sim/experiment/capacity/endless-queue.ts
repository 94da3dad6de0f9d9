import { type PrefixClass, Requests, Sequences } from '../../serving/index.ts'

/** A request of an engine. */
export interface Sequence {
  /** index of its class */
  readonly class: number
  readonly input: number
  readonly output: number
  /** prompt tokens that a prefix cache can hit */
  readonly known: number
}

/** Which requests an engine gets, and what of them it does. */
export interface Backlog {
  readonly sequences: readonly Sequence[]
  readonly classes: readonly PrefixClass[]
  /** whether prefixes are cached */
  readonly caches: boolean
  /** whether prompts are computed in another pool */
  readonly decodesOnly: boolean
}

/** A request that begins, or one that an engine has had for some time. */
interface Begun {
  readonly sequence: Sequence
  /** tokens of its answer so far; 0 where its prompt is not computed yet */
  readonly generated: number
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

/** A queue that always has a request: those of a backlog, again and again in their order. */
export class EndlessQueue {
  readonly requests = new Requests()
  readonly sequences = new Sequences()
  /** of each request, tokens of its prompt that have to be computed at least */
  readonly missing: number[] = []
  /** the request that comes next */
  next: number
  readonly #backlog: Backlog
  #drawn = 0
  /** sums of the tokens to decode; null where requests begin with their prompts */
  #decoded: Float64Array | null = null

  /** `atWork`: the first requests are those that an engine at work has at any time. */
  constructor(backlog: Backlog, atWork: boolean) {
    this.#backlog = backlog
    if (atWork) this.#decoded = sumsOfDecoded(backlog.sequences)
    this.next = this.#draw()
  }

  /** From the next one but one on, requests begin with their prompts. */
  freshOnly(): void {
    this.#decoded = null
  }

  shift(): number {
    const request = this.next
    this.next = this.#draw()
    return request
  }

  #draw(): number {
    const { classes, caches } = this.#backlog
    const { sequence, generated } = this.#decoded ? this.#atWork(this.#decoded) : this.#fresh()
    const { input, output, known, class: number } = sequence
    const { requests, sequences } = this
    const request = requests.acquire()
    requests.class[request] = number
    requests.inputTokens[request] = input
    requests.outputTokens[request] = output
    requests.firstToken[request] = Number.NaN
    requests.preemptions[request] = 0
    sequences.begin(request, input)
    this.missing[request] = generated > 0 ? 0 : input - (caches ? known : 0)
    if (generated > 0) {
      sequences.context[request] = input + generated - 1
      sequences.toPrefill[request] = 0
      sequences.generated[request] = generated
    } else if (caches) {
      // the cache has what its class shares; what a turn carries is cached, too
      const { sharedPrefixTokens: shared } = classes[number]!
      sequences.toPrefill[request] = input - (known - Math.min(known, shared))
    }
    return request
  }

  #fresh(): Begun {
    const { sequences, decodesOnly } = this.#backlog
    const sequence = sequences[this.#drawn++ % sequences.length]!
    return { sequence, generated: decodesOnly ? 1 : 0 }
  }

  /** Longer answers are under way more often, and each is anywhere in its answer. */
  #atWork(decoded: Float64Array): Begun {
    const { sequences } = this.#backlog
    const at = ((this.#drawn++ * GOLDEN + 0.5) % 1) * decoded[decoded.length - 1]!
    let [low, high] = [0, decoded.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (decoded[middle]! > at) high = middle
      else low = middle + 1
    }
    const before = low === 0 ? 0 : decoded[low - 1]!
    return { sequence: sequences[low]!, generated: 1 + Math.floor(at - before) }
  }
}

/** Null where nothing decodes. */
function sumsOfDecoded(sequences: readonly Sequence[]): Float64Array | null {
  const sums = new Float64Array(sequences.length)
  let sum = 0
  for (const [i, { output }] of sequences.entries()) {
    sum += Math.max(0, output - 1)
    sums[i] = sum
  }
  return sum > 0 ? sums : null
}
