import { Failure } from '../../scenarios/index.ts'
import type { EngineOptions } from '../live/engine.ts'
import type { ModelFile } from '../models/index.ts'
import { openFeeds } from '../models/onnx.ts'
import { CallLimit } from './call-limit.ts'
import { type EncodedBatch, OipClient, type SentTensor } from './oip-client.ts'
import { TargetProblem } from './target-problem.ts'

interface Parts {
  readonly url: string
  readonly client: OipClient
  readonly feeds: Awaited<ReturnType<typeof openFeeds>>
  /** null: no limit */
  readonly limit: CallLimit | null
  readonly longestMs: EngineOptions['longestMs']
}

/** A model on a server, with the inputs that requests are drawn for it. */
export class RemoteModel {
  readonly #parts: Parts
  readonly #types: ReadonlyMap<string, SentTensor['type']>

  private constructor(parts: Parts, { inputs }: ModelFile) {
    this.#parts = parts
    this.#types = new Map(inputs.map(({ name, type }) => [name, type]))
  }

  /** `connections`: calls at once. Throws `Failure` where the server does not have the model. */
  static async open(
    { file, target, longestMs }: Pick<EngineOptions, 'file' | 'target' | 'longestMs'>,
    connections: number,
  ): Promise<RemoteModel> {
    if (target === undefined) throw new Error('Expected the model of a server')
    const { url, limits, parts } = target
    const limit = limits && new CallLimit(limits, new URL(url).host, parts)
    const client = await OipClient.open(target, file.inputs, connections)
    const feeds = await openFeeds(file.inputs, { seed: 1 })
    return new RemoteModel({ url, client, feeds, limit, longestMs }, file)
  }

  /** A batch as it is sent. `length`: padded; `lengths` and `keys`: of each request. */
  encode(size: number, length: number, lengths: Int32Array, keys: Uint32Array): EncodedBatch {
    const tensors = Object.entries(this.#parts.feeds.build(size, length, lengths, keys)).map(
      ([name, { dims, data }]): SentTensor => {
        const { buffer, byteOffset, byteLength } = data as Uint8Array
        const bytes = new Uint8Array(buffer, byteOffset, byteLength)
        return { name, type: this.#types.get(name)!, dims, bytes }
      },
    )
    return this.#parts.client.encode(tensors)
  }

  /** Waits until so many calls may be sent at once. Throws `Failure` where they never may. */
  async pass(calls: number): Promise<void> {
    await this.#parts.limit?.pass(calls)
  }

  /**
   * Throws `TargetProblem` where the server does not answer as it should; `Failure` in its place,
   * and where an answer takes too long, if a server must not be harmed.
   */
  async send(batch: EncodedBatch, size: number): Promise<void> {
    const { client, longestMs } = this.#parts
    if (longestMs === undefined) return client.send(batch, size)
    const sent = performance.now()
    try {
      await client.send(batch, size)
    } catch (error) {
      throw error instanceof TargetProblem ? this.#stopped(error.message) : error
    }
    const took = Math.round(performance.now() - sent)
    if (took <= longestMs) return
    throw this.#stopped(`an answer took ${took} ms, longer than ${longestMs} ms`)
  }

  #stopped(text: string): Failure {
    return new Failure(`${this.#parts.url}: ${text}, so nothing more is sent`)
  }

  close(): Promise<void> {
    return this.#parts.client.close()
  }
}
