import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach } from 'vitest'
import { OUTCOME, type Outcome } from '../../sim/serving/index.ts'
import { Tensor } from '../models/onnx.ts'
import { AllowedHosts } from './allowed-hosts.ts'
import { ClientRequests } from './client-requests.ts'
import { InputSlab, inputMemory } from './input-slab.ts'
import { type OipOptions, OipServer } from './oip-server.ts'
import { OutputSlab, outputMemory } from './output-slab.ts'
import type { ServedModel } from './served-model.ts'
import { SlotTable, slotMemory } from './slot-table.ts'

const X = { name: 'x', type: 'float32', shape: ['batch', 2] } as const
const MODEL: ServedModel = {
  ...{ name: 'm', inputs: [X], outputs: [X], maxLength: 1 },
  classes: [{ name: 'web', number: 0 }],
}

const open: OipServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.stop()
    await server.closed(0)
  }
})

/** A server before a scheduler that ends each request at once, or as many as `ends` has. */
export async function served({
  ends = [],
  maxRequests = 2,
  limits = {},
}: {
  ends?: (Outcome | 'never')[]
  maxRequests?: number
  limits?: NonNullable<OipOptions['limits']>
} = {}) {
  const memory = slotMemory(2, new SharedArrayBuffer(4))
  const [table, dispatcher] = [new SlotTable(memory), new SlotTable(memory)]
  const sizes = { slots: 2, maxLength: 1 }
  const output = new OutputSlab(outputMemory([X], { ...sizes, path: 'm' }))
  const shared = inputMemory([X], { ...sizes, model: 'm' })
  const input = new InputSlab([X], shared)
  const clients = new ClientRequests({
    ...{ table, maxRequests, inputs: [input], outputs: [output], tokens: null, now: () => 0 },
  })
  const settle = () => {
    const outcome = ends.shift() ?? OUTCOME.served
    if (outcome === 'never') return
    const slot = dispatcher.next
    dispatcher.take(0)
    if (outcome === OUTCOME.served) {
      const data = new Float32Array(shared.regions[0]!).slice(2 * slot, 2 * slot + 2)
      const keys = Uint32Array.of(dispatcher.keyOf(slot))
      const batch = { size: 1, length: 1, lengths: Int32Array.of(1), keys }
      output.write(batch, { x: new Tensor('float32', data, [1, 2]) })
      dispatcher.size[slot] = 1
    }
    dispatcher.settle(slot, outcome, 1)
  }
  const send = table.send.bind(table)
  table.send = (arrival) => {
    send(arrival)
    settle()
  }
  void clients.watch()
  const options = { models: [MODEL], decoders: [], classes: ['web'], version: '1.2.3', limits }
  const hosts = new AllowedHosts('127.0.0.1')
  const server = new OipServer({ ...options, hosts }, clients)
  open.push(server)
  return { server, port: await server.listen({ host: '127.0.0.1', port: 0 }) }
}

interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

/** Asks on a connection of its own. */
export async function ask(port: number, path: string, { method, headers = {}, body }: Sent = {}) {
  const how = method ?? (body === undefined ? 'GET' : 'POST')
  const options = { host: '127.0.0.1', port, path, method: how, headers, agent: false }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(options, resolve).on('error', reject).end(body)
  })
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return {
    status: response.statusCode!,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
  }
}

export const INFER = '/v2/models/m/infer'
export const tensor = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [3, 4] }
/** A request that is fine. */
export const body = JSON.stringify({ id: 'a', inputs: [tensor] })
