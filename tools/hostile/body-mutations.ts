import { z } from 'zod'
import type { Random } from '../../sim/kernel/index.ts'
import { pick } from '../fuzz/choose.ts'
import { mutateBytes, mutateText } from '../fuzz/mutate-text.ts'
import { donorsOf, mutateTree } from '../fuzz/mutate-tree.ts'
import { SIZE } from './base-answer.ts'
import { bytesOf, type CallEnd, type Mutation, type Scene, sends } from './hostile-answer.ts'

/** Mutations of what an answer says, of which the carrier is as it should be. */

/** In a list, or nested as the shape has them. */
const numbers = z
  .union([z.array(z.number()), z.array(z.tuple([z.number()]))])
  .transform((list) => list.flat())
const absent = z.never().optional()

/** A right answer of values in JSON, read independently of the client. */
const rightAnswer = z.object({
  error: absent,
  outputs: z.tuple([
    z.object({
      name: z.literal('y'),
      datatype: z.literal('FP32'),
      shape: z.tuple([z.literal(SIZE)], z.number().int().nonnegative()),
      parameters: z.object({ binary_data_size: absent }).optional(),
      data: numbers,
    }),
  ]),
})

/** Whether a body is a right answer to the request. */
function isRight(body: Uint8Array, id: string): boolean {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(body))
    const answer = rightAnswer.safeParse(parsed)
    if (!answer.success || !(parsed.id === undefined || parsed.id === id)) return false
    const [{ shape, data }] = answer.data.outputs
    return data.length === shape.reduce((product, length) => product * length, 1)
  } catch {
    return false
  }
}

const idOf = ({ base }: Scene): string => JSON.parse(`${base.body}`).id

/** A body, and the end that follows from it. */
const judged = (scene: Scene, body: Uint8Array) =>
  sends(isRight(body, idOf(scene)) ? 'right' : 'answer', bytesOf({ ...scene.base, body }))

/** Changes what is behind the id, whose length is another one in each run. */
function judgedBehindId(scene: Scene, change: (rest: Buffer) => Uint8Array | string) {
  const { body } = scene.base
  const at = body.indexOf('"outputs"')
  const changed = Buffer.from(change(body.subarray(at)))
  return judged(scene, Buffer.concat([body.subarray(0, at), changed]))
}

const text = (scene: Scene) => `${scene.base.body}`

/** The answer with another output. */
function withOutput(scene: Scene, changes: object, more: object = {}): string {
  const answer = JSON.parse(text(scene))
  return JSON.stringify({ ...answer, outputs: [{ ...answer.outputs[0], ...changes }], ...more })
}

const ofJson = (name: string, draw: Mutation['draw']): Mutation => ({ name, of: ['json'], draw })

const oneBody = (
  name: string,
  end: CallEnd,
  bodies: readonly ((scene: Scene) => string)[],
): Mutation =>
  ofJson(name, (scene) => {
    const body = Buffer.from(pick(scene.random, bodies)(scene))
    return sends(end, bytesOf({ ...scene.base, body }))
  })

const DEEP = 200_000
const nested = (depth: number, core = '') => `${'['.repeat(depth)}${core}${']'.repeat(depth)}`
const WRONG_SHAPES = [
  ...[
    [1, 1],
    [3, 1],
    [2, 2],
    [2, 0],
    [2, 1, 3],
    [-2, -1],
    [2.5],
    [2, 0.5],
    ['2', 1],
    [[2], 1],
    [null],
  ],
  ...[[2, 1e308], [2, 2 ** 53], [2, -1], 'x', 2, null, {}, { 0: 2, 1: 1, length: 2 }, []],
  ...[new Array(100_000).fill(1)],
]
const WRONG_TYPES = ['FP99', 'BYTES', 'fp32', '', 32, null, {}, ['FP32'], 'INT64', '__proto__']

const JSON_BODIES: readonly Mutation[] = [
  oneBody('another form', 'right', [
    (scene) => withOutput(scene, { data: [[0.5], [-1.25]] }),
    (scene) => withOutput(scene, { data: [1e-320, -0] }),
    (scene) => withOutput(scene, { parameters: { more: [1, { a: null }] } }),
    (scene) => withOutput(scene, {}, { id: undefined, model_version: '7', extra: { a: [1] } }),
    (scene) => ` \n${text(scene)}\t\r\n`,
    (scene) => withOutput(scene, {}, { parameters: JSON.parse(nested(500)) }),
    (scene) => text(scene).replace('{', '{"__proto__":{"error":"a"},"constructor":1,'),
  ]),
  oneBody('no number', 'answer', [
    ...['NaN', 'Infinity', '-Infinity', 'nan', '1e999', '-1e400', '0x10', '01', '.5', '1_0'].map(
      (value) => (scene: Scene) => text(scene).replace('0.5', value),
    ),
    ...['null', '"0.5"', '"NaN"', 'true', '{}', '[]', '[[0.5]]', '""'].map(
      (value) => (scene: Scene) => text(scene).replace('0.5', value),
    ),
  ]),
  oneBody('a wrong shape', 'answer', [
    ...WRONG_SHAPES.map((shape) => (scene: Scene) => withOutput(scene, { shape })),
    (scene) => withOutput(scene, { shape: undefined }),
  ]),
  oneBody('a wrong datatype', 'answer', [
    ...WRONG_TYPES.map((datatype) => (scene: Scene) => withOutput(scene, { datatype })),
    (scene) => withOutput(scene, { datatype: undefined }),
  ]),
  oneBody('a wrong id', 'answer', [
    ...['', '0', 'x', 0, null, {}, '1'.repeat(10_000)].map(
      (id) => (scene: Scene) => withOutput(scene, {}, { id }),
    ),
  ]),
  oneBody('a wrong output', 'answer', [
    ...['z', '', 'Y', 1, null, '__proto__', 'y'.repeat(10_000)].map(
      (name) => (scene: Scene) => withOutput(scene, { name }),
    ),
    (scene) => withOutput(scene, { name: undefined }),
    (scene) => {
      const { outputs } = JSON.parse(text(scene))
      return JSON.stringify({ outputs: [...outputs, ...outputs] })
    },
    ...[[], {}, null, 'x', [null], [[]], [1]].map(
      (outputs) => (scene: Scene) => withOutput(scene, {}, { outputs }),
    ),
  ]),
  oneBody('wrong values', 'answer', [
    ...[[], [0.5], [0.5, 1, 2], null, {}, 'ab', 2, [[0.5, 1, 2]], [[0.5, 1]].flat().concat(3)].map(
      (data) => (scene: Scene) => withOutput(scene, { data }),
    ),
    (scene) => withOutput(scene, { parameters: { binary_data_size: 8 } }),
    (scene) => withOutput(scene, { parameters: { binary_data_size: 0 } }),
    (scene) => withOutput(scene, { parameters: { binary_data_size: -8 } }),
  ]),
  oneBody('an error under 200', 'answer', [
    (scene) => withOutput(scene, {}, { error: 'out of memory' }),
    (scene) => withOutput(scene, {}, { error: null }),
    () => '{"error":"\\u001b[2J\\u202e"}',
    () => JSON.stringify({ error: { message: 'x'.repeat(100_000) } }),
  ]),
  oneBody('deep nesting', 'answer', [
    () => '['.repeat(DEEP),
    () => nested(DEEP),
    () => '{"a":'.repeat(DEEP),
    () => `{"outputs":${nested(DEEP)}}`,
    (scene) => text(scene).replace('0.5', nested(DEEP, '0.5')),
    (scene) => text(scene).replace('[2,1]', nested(DEEP, '2')),
    () => `{"error":${nested(DEEP)}}`,
    (scene) =>
      withOutput(scene, { shape: [SIZE, ...new Array(DEEP).fill(1)] }).replace(
        '[0.5,-1.25]',
        nested(DEEP, '0.5,-1.25'),
      ),
  ]),
  oneBody('no map', 'answer', [
    ...[
      '',
      ' ',
      'null',
      '1',
      '"a"',
      '[]',
      'true',
      '{',
      '{}',
      '\ufeff',
      '<html></html>',
      '\u0000',
    ].map((body) => () => body),
  ]),
  oneBody('many values', 'answer', [
    () => `{"outputs":[${'{},'.repeat(300_000)}{}]}`,
    (scene) => withOutput(scene, { data: new Array(1_000_000).fill(0) }),
    () => `[${'0,'.repeat(10_000_001)}0]`,
    () => `{"outputs":[${'0,'.repeat(10_000_001)}0]}`,
  ]),
  ofJson('random changes of the text', (scene) =>
    judgedBehindId(scene, (rest) => mutateText(`${rest}`, scene.random)),
  ),
  ofJson('random changes of the bytes', (scene) =>
    judgedBehindId(scene, (rest) => mutateBytes(rest, scene.random)),
  ),
  ofJson('random changes of the values', (scene) => {
    const { outputs, ...head } = JSON.parse(text(scene))
    const tree = { outputs }
    mutateTree(tree, scene.random, donorsOf([tree]))
    return judged(scene, Buffer.from(JSON.stringify({ ...head, ...tree })))
  }),
]

const HEADER = 'Inference-Header-Content-Length'

/** The JSON of the answer, without the bytes behind it. */
const jsonOf = ({ base }: Scene) => base.body.subarray(0, base.body.indexOf('}]}') + 3)

const ofBinary = (name: string, answers: readonly ((scene: Scene) => Uint8Array)[]): Mutation => ({
  ...{ name, of: ['binary'] },
  draw: (scene) => sends('answer', pick(scene.random, answers)(scene)),
})

const withLengthOfJson = ({ base }: Scene, ...values: readonly string[]) => {
  const [type] = base.headers
  return bytesOf({ ...base, headers: [type!, ...values.map((value) => `${HEADER}: ${value}`)] })
}

function withBytes(scene: Scene, changes: object, bytes: Uint8Array): Uint8Array {
  const answer = JSON.parse(`${jsonOf(scene)}`)
  const output = { ...answer.outputs[0], ...changes }
  const json = Buffer.from(JSON.stringify({ ...answer, outputs: [output] }))
  const headers = [`${HEADER}: ${json.length}`]
  return bytesOf({ headers, body: Buffer.concat([json, bytes]) })
}

const EIGHT = new Uint8Array(8)
const stated = (size: unknown) => ({ parameters: { binary_data_size: size } })

const BINARY_BODIES: readonly Mutation[] = [
  {
    ...{ name: 'other bytes', of: ['binary'] },
    draw: (scene) => sends('right', withBytes(scene, {}, noise(scene.random, 8))),
  },
  ofBinary('a wrong length of the JSON', [
    ...['-1', '0', '1', '1e9', '4000000000', '', 'x', '0x10', '1.5', '+5', 'NaN'].map(
      (value) => (scene: Scene) => withLengthOfJson(scene, value),
    ),
    (scene) => withLengthOfJson(scene, `${jsonOf(scene).length - 1}`),
    (scene) => withLengthOfJson(scene, `${jsonOf(scene).length + 1}`),
    (scene) => withLengthOfJson(scene, `${scene.base.body.length}`),
    (scene) => withLengthOfJson(scene),
    (scene) => withLengthOfJson(scene, `${jsonOf(scene).length}`, '5'),
  ]),
  ofBinary('a wrong number of bytes', [
    (scene) => withBytes(scene, {}, new Uint8Array(7)),
    (scene) => withBytes(scene, {}, new Uint8Array(9)),
    (scene) => withBytes(scene, {}, new Uint8Array(0)),
    (scene) => withBytes(scene, {}, new Uint8Array(1_000_000)),
    ...[7, 9, -8, 8.5, '8', null, [8], 1e300, true].map(
      (size) => (scene: Scene) => withBytes(scene, stated(size), EIGHT),
    ),
    (scene) => withBytes(scene, { shape: [SIZE, 2] }, EIGHT),
    (scene) => withBytes(scene, { shape: [1, 2] }, EIGHT),
    (scene) => withBytes(scene, { shape: [SIZE, 2 ** 53] }, EIGHT),
  ]),
  ofBinary('a wrong datatype of bytes', [
    ...WRONG_TYPES.map((datatype) => (scene: Scene) => withBytes(scene, { datatype }, EIGHT)),
    (scene) => withBytes(scene, { datatype: 'FP64', ...stated(16) }, new Uint8Array(16)),
  ]),
]

const noise = (random: Random, length: number) =>
  Uint8Array.from({ length }, () => random.integer(256))

export const BODY_MUTATIONS: readonly Mutation[] = [...JSON_BODIES, ...BINARY_BODIES]
