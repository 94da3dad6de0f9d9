import { describe, expect, test } from 'vitest'
import { LogReader, ProfileReader } from './arena-log.ts'

describe('the log of an arena', () => {
  test('has reservations, and extensions by the run in which they happen', () => {
    const log = new LogReader()
    const at = '2026-01-01 00:00:00.1 [I:onnxruntime:onnxruntime-node, bfc_arena.cc'
    const lines = [
      'spillway {"kind":"started","process":{"startedMib":1}}',
      `${at}:281 Reserve] Reserving memory in BFCArena for Cpu size: 24`,
      'spillway {"kind":"loaded","process":{"loadedMib":2}}',
      'spillway {"kind":"run","run":0}',
      `${at}:205 Extend] Extended allocation by 1048576 bytes.`,
      'spillway {"kind":"run","run":1}',
      'spillway {"kind":"ended","process":{"endedMib":3,"peakMib":4}}',
    ]
    const marks = lines.map((line) => log.take(line)?.kind ?? null)
    expect(marks).toEqual(['started', null, 'loaded', 'run', null, 'run', 'ended'])
    expect(log).toMatchObject({ reserved: [24], extensions: [[1048576], []], ended: true })
    expect(log.process).toEqual({ startedMib: 1, loadedMib: 2, endedMib: 3, peakMib: 4 })
  })

  test('keeps only whole runs of a truncated profile', () => {
    const node = (requested: number) =>
      `{"cat" : "Node","name" :"a_kernel_time","args" : {"mem_bytes_requested_in_use" : "${requested}",` +
      '"mem_requested_in_use_delta" : "4","op_name" : "Sum","output_type_shape" : [{"float":[2,3]},{"bool":[]}]}},'
    const end = '{"cat" : "Session","name" :"model_run","args" : {}},'
    const profile = new ProfileReader()
    for (const line of ['[', node(8), node(12), end, node(8), end, node(8), '{"cat" : "No', ']']) {
      profile.take(line)
    }
    expect(profile.runs.map((nodes) => nodes.map(({ requested }) => requested))).toEqual([
      [8, 12],
      [8],
    ])
    expect(profile.runs[0]![0]).toMatchObject({
      name: 'a',
      op: 'Sum',
      requestedDelta: 4,
      outputs: [24, 1],
    })
  })
})
