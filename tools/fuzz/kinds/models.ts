import onnxProto from 'onnx-proto'
import type { Random } from '../../../sim/kernel/index.ts'
import { changed } from '../../../test/scenarios.ts'
import { chance, NASTY_STRINGS, pick, pickWeighted, words } from '../choose.ts'
import type { Kind } from '../input.ts'
import { mutateBytes } from '../mutate-text.ts'
import { donorsOf, mutateTree } from '../mutate-tree.ts'
import { OWN, stockFile } from '../stock.ts'

const { onnx } = onnxProto

/** A model with a changed graph: dimensions, types, names, operators, initializers. */
function otherGraph(bytes: Uint8Array, random: Random): Uint8Array {
  const tree = onnx.ModelProto.toObject(onnx.ModelProto.decode(bytes), { longs: Number })
  mutateTree(tree.graph, random, donorsOf([tree]))
  try {
    return onnx.ModelProto.encode(onnx.ModelProto.fromObject(tree)).finish()
  } catch {
    // the changed graph cannot be encoded as protobuf
    return mutateBytes(bytes, random)
  }
}

const COMMANDS = [
  { weight: 3, command: 'calibrate own.yaml --seconds 0.05 --out out' },
  { weight: 1, command: 'models build own.yaml --out out' },
  { weight: 1, command: 'models inspect own.onnx' },
  { weight: 1, command: 'init --onnx own.onnx started.yaml' },
]

const SHAPES = ['[batch]', '[batch, 65]', '[64, batch]', '[batch, length]', '[batch, 64, 1]', '[]']

export const MODELS: Kind = {
  name: 'ONNX model',
  weight: 1,
  make: (random, { stock }) => {
    const args = words(pickWeighted(random, COMMANDS).command)
    if (chance(random, 0.15)) {
      const text = chance(random, 0.5)
        ? changed(OWN, ['[batch, 64]', pick(random, SHAPES)])
        : changed(OWN, ['own.onnx', JSON.stringify(pick(random, NASTY_STRINGS))])
      return { args, files: { 'own.yaml': text } }
    }
    const bytes = stockFile(stock, 'own.onnx')
    const model = chance(random, 0.5) ? otherGraph(bytes, random) : mutateBytes(bytes, random)
    return { args, files: { 'own.onnx': model } }
  },
}
