import type { ModelFile } from '../models/index.ts'
import { openFeeds } from '../models/onnx.ts'
import { type EncodedBatch, OipClient, type OipTarget, type SentTensor } from './oip-client.ts'

/** A model on a server, with the inputs that requests are drawn for it. */
export class RemoteModel {
  readonly #client: OipClient
  readonly #feeds: Awaited<ReturnType<typeof openFeeds>>
  readonly #types: ReadonlyMap<string, SentTensor['type']>

  private constructor(
    client: OipClient,
    feeds: Awaited<ReturnType<typeof openFeeds>>,
    { inputs }: ModelFile,
  ) {
    this.#client = client
    this.#feeds = feeds
    this.#types = new Map(inputs.map(({ name, type }) => [name, type]))
  }

  /** `connections`: calls at once. Throws `Failure` where the server does not have the model. */
  static async open(target: OipTarget, file: ModelFile, connections: number): Promise<RemoteModel> {
    const client = await OipClient.open(target, file.inputs, connections)
    return new RemoteModel(client, await openFeeds(file.inputs, { seed: 1 }), file)
  }

  /** A batch as it is sent. `length`: padded; `lengths` and `keys`: of each request. */
  encode(size: number, length: number, lengths: Int32Array, keys: Uint32Array): EncodedBatch {
    const tensors = Object.entries(this.#feeds.build(size, length, lengths, keys)).map(
      ([name, { dims, data }]): SentTensor => {
        const { buffer, byteOffset, byteLength } = data as Uint8Array
        const bytes = new Uint8Array(buffer, byteOffset, byteLength)
        return { name, type: this.#types.get(name)!, dims, bytes }
      },
    )
    return this.#client.encode(tensors)
  }

  /** Throws `TargetProblem` where the server does not answer as it should. */
  send(batch: EncodedBatch, size: number): Promise<void> {
    return this.#client.send(batch, size)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}
