import { expect, test } from 'vitest'
import { OUTCOME, type Outcome } from '../../sim/serving/index.ts'
import { Tensor } from '../models/onnx.ts'
import { ClientRequests } from './client-requests.ts'
import type { EndedRequest } from './ended-request.ts'
import { InputSlab, inputMemory } from './input-slab.ts'
import { OutputSlab, outputMemory } from './output-slab.ts'
import { SlotTable, slotMemory } from './slot-table.ts'

const X = [{ name: 'x', type: 'float32', shape: ['batch', 1] }] as const
const SIZES = { slots: 2, maxLength: 1 }

function system() {
  const memory = slotMemory(2, new SharedArrayBuffer(4))
  const dispatcher = new SlotTable(memory)
  const output = new OutputSlab(outputMemory(X, { ...SIZES, path: 'm' }))
  const input = inputMemory(X, { ...SIZES, model: 'm' })
  const ended: EndedRequest[] = []
  const clients = new ClientRequests({
    table: new SlotTable(memory),
    maxRequests: 2,
    inputs: [new InputSlab(X, input)],
    outputs: [output],
    tokens: null,
    now: () => 100,
  })
  clients.onEnded = (request) => ended.push(request)
  /** Ends the next request; `act`: what its executor does. */
  const end = (
    outcome: Outcome,
    act: 'write' | 'apart' | 'reject' | 'nothing' | 'shed' = 'write',
  ) => {
    const slot = dispatcher.next
    dispatcher.take(1)
    const keys = Uint32Array.of(dispatcher.keyOf(slot))
    if (act !== 'shed') {
      dispatcher.size[slot] = 1
      dispatcher.started[slot] = 3
      dispatcher.ended[slot] = 7
    }
    const x = new Float32Array(input.regions[0]!)[slot]!
    const lengths = Int32Array.of(1)
    const result = { x: new Tensor('float32', Float32Array.of(2 * x), [1, 1]) }
    if (act === 'write' || act === 'apart') {
      output.write({ size: 1, length: 1, lengths, keys }, result)
    }
    if (act === 'apart') output.markApart({ size: 1, keys })
    if (act === 'reject') output.reject({ size: 1, keys })
    dispatcher.settle(slot, outcome, 8)
    clients.settle()
  }
  return { clients, end, ended, dispatcher }
}

test.each([
  ['abandoned', OUTCOME.abandoned, 'write', true],
  ['failed', OUTCOME.failed, 'nothing', false],
  ['invalid', OUTCOME.served, 'reject', false],
  ['served', OUTCOME.served, 'apart', false],
] as const)('of what ends as %s a batch was executed or not', async (as, outcome, act, first) => {
  const { clients, end } = system()
  const sent = clients.send(0, request(1))!
  end(outcome, act)
  expect(await sent).toMatchObject({ as, batch: { size: 1, first } })
})

const request = (x: number) => ({
  ...{ id: null, class: 0, length: 1, outputs: [] },
  inputs: [new Uint8Array(Float32Array.of(x).buffer)],
})

test('a served request has its outputs and times', async () => {
  const { clients, end, ended } = system()
  const sent = clients.send(0, request(21))!
  expect(clients.inFlight).toBe(1)
  end(OUTCOME.served)
  const settled = await sent
  expect([...new Float32Array(settled.outputs![0]!.buffer as ArrayBuffer)]).toEqual([42])
  const batch = { size: 1, first: true, queueMs: 2, computeMs: 4 }
  expect(settled).toMatchObject({ as: 'served', model: 0, class: 0, totalMs: 7, batch })
  expect(ended).toEqual([settled])
  expect(clients.inFlight).toBe(0)
})

test.each([
  ['shed', OUTCOME.shed, 'shed'],
  ['timed_out', OUTCOME.timedOut, 'shed'],
  ['failed', OUTCOME.failed, 'nothing'],
  ['invalid', OUTCOME.served, 'reject'],
  ['failed', OUTCOME.served, 'nothing'],
] as const)('a request that ends as %s has no outputs', async (as, outcome, act) => {
  const { clients, end } = system()
  const sent = clients.send(0, request(1))!
  end(outcome, act)
  expect(await sent).toMatchObject({ as, outputs: null })
})

test('a slot is free again once its request has settled, whatever was in it before', async () => {
  const { clients, end } = system()
  const first = [clients.send(0, request(1)), clients.send(0, request(2))]
  expect(clients.send(0, request(3))).toBe(null)
  end(OUTCOME.served)
  const third = clients.send(0, request(3))!
  end(OUTCOME.served)
  await Promise.all(first)
  // the outputs of the request before it are none of its own
  end(OUTCOME.served, 'nothing')
  expect(await third).toMatchObject({ as: 'failed', outputs: null })
})

test('requests settle while nothing else happens', async () => {
  const { clients, dispatcher } = system()
  void clients.watch()
  const sent = clients.send(0, request(1))!
  await new Promise((resolve) => setTimeout(resolve, 10))
  const slot = dispatcher.next
  dispatcher.take(1)
  dispatcher.settle(slot, OUTCOME.shed, 2)
  expect(await sent).toMatchObject({ as: 'shed' })
})
