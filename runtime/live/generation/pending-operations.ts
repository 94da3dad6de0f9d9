import {
  type ExecutorPhase,
  type Observer,
  type Requests,
  type ServingPlan,
  topologyOf,
} from '../../../sim/serving/index.ts'
import { statedTokens } from './prompt-tokens.ts'
import type { Answer, Operation, StepOrder } from './sequence-runner.ts'

interface Generating {
  readonly plan: ServingPlan
  readonly requests: Requests
  /** by pool; null where a pool does not generate */
  readonly vocabularies: readonly (number | null)[]
  /** prompts that clients have sent; absent where prompts follow from the content of requests */
  readonly promptOf?: ((request: number, length: number) => Int32Array) | undefined
}

/** The tokens of a request, which an executor gets with a slot. */
interface Told {
  /** of its prompt, and answers that have come */
  readonly tokens: number[]
  /** of its prompt, and of answers that its content states */
  readonly stated: Int32Array
  readonly common: number
}

/**
 * What the control plane does with the sequences of each executor, kept until its next run: an
 * executor learns it with that. Sequences are named by the slots of their requests.
 */
export class PendingOperations implements Observer {
  readonly #plan: ServingPlan
  readonly #requests: Requests
  readonly #poolOf: readonly number[]
  readonly #vocabularies: Generating['vocabularies']
  readonly #promptOf: Generating['promptOf']
  readonly #pending: Operation[][]
  /** executors that begin with an empty cache */
  readonly #fresh: boolean[]
  /** by slot of the request */
  readonly #told: Told[] = []

  constructor({ plan, requests, vocabularies, promptOf }: Generating) {
    this.#plan = plan
    this.#requests = requests
    this.#vocabularies = vocabularies
    this.#promptOf = promptOf
    this.#poolOf = [...topologyOf(plan).poolOf]
    this.#pending = this.#poolOf.map(() => [])
    this.#fresh = this.#poolOf.map(() => true)
  }

  /** A later attempt or another request may have the slot of one that has ended. */
  arrived(_: number, request: number): void {
    delete this.#told[request]
  }

  slotTaken(executor: number, request: number): void {
    const { inputTokens, outputTokens } = this.#requests
    const pool = this.#poolOf[executor]!
    const { tokens, stated, common } = this.#toldOf(request, this.#vocabularies[pool]!)
    const most = inputTokens[request]! + outputTokens[request]! - 1
    const context = tokens.length
    const isStatic = this.#plan.pools[pool]!.generation!.policy === 'static'
    const ids = new Int32Array(Math.max(context, stated.length))
    ids.set(stated)
    ids.set(tokens)
    this.#pending[executor]!.push({
      ...{ kind: 'join', sequence: request, ids },
      ...{ context, common, most, reserved: isStatic ? most : context },
    })
  }

  prompted(executor: number, request: number, tokens: number): void {
    this.#pending[executor]!.push({ kind: 'chunk', sequence: request, tokens })
  }

  slotLeft(executor: number, request: number): void {
    const { inputTokens, outputTokens } = this.#requests
    const answers = this.#told[request]!.tokens.length - inputTokens[request]!
    const done = answers === outputTokens[request]!
    this.#pending[executor]!.push({ kind: 'leave', sequence: request, done })
  }

  /** What has been done since the last call. */
  take(executor: number): Pick<StepOrder, 'fresh' | 'operations'> {
    const fresh = this.#fresh[executor]!
    this.#fresh[executor] = false
    return { fresh, operations: this.#pending[executor]!.splice(0) }
  }

  /** An executor has lost its sequences. */
  forget(executor: number): void {
    this.#pending[executor]!.length = 0
    this.#fresh[executor] = true
  }

  executor(_: number, executor: number, phase: ExecutorPhase): void {
    if (phase === 'down') this.forget(executor)
  }

  /** Answers have come: a sequence that loses its slot is computed with them again. */
  came(answers: readonly Answer[]): void {
    for (const { sequence, token } of answers) {
      const { tokens, stated } = this.#told[sequence]!
      tokens.push(stated[tokens.length] ?? token)
    }
  }

  #toldOf(request: number, vocabulary: number): Told {
    return (this.#told[request] ??= this.#newlyTold(request, vocabulary))
  }

  #newlyTold(request: number, vocabulary: number): Told {
    const length = this.#requests.inputTokens[request]!
    const given = this.#promptOf?.(request, length)
    if (given !== undefined) return { tokens: [...given], stated: given, common: 0 }
    const { outputTokens, class: classes, key, prefixes } = this.#requests
    const number = classes[request]!
    const { sharedPrefixTokens, carriesContext } = this.#plan.classes[number]!
    const content = {
      class: number,
      key: key[request]!,
      prefix: prefixes.get(request) ?? null,
      sharedTokens: sharedPrefixTokens,
    }
    const lengths = { prompt: length, answers: outputTokens[request]!, carriesContext }
    const { common, stated } = statedTokens(content, lengths, vocabulary)
    return { tokens: Array.from(stated.subarray(0, length)), stated, common }
  }
}
