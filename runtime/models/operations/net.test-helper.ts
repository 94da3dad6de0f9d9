import onnxProto from 'onnx-proto'

const { onnx } = onnxProto
const { FLOAT } = onnx.TensorProto.DataType
const { INT, INTS } = onnx.AttributeProto.AttributeType

export interface ChainNode {
  readonly operator: string
  /** sizes of its stored operands, which follow its data */
  readonly weights?: readonly (readonly number[])[]
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
  /** by default the result of the node before; inputs by their names */
  readonly reads?: readonly string[]
}

/** A net of nodes in a row, of the first input or of those that `reads` names. */
export function netOf(
  inputs: Readonly<Record<string, readonly number[]>>,
  nodes: readonly ChainNode[],
): Uint8Array {
  const initializer: object[] = []
  const node = nodes.map(({ operator, weights = [], attributes = {}, reads }, i) => {
    const stored = weights.map((dims, place) => {
      const name = `w${i}_${place}`
      const floatData = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 1)
      initializer.push({ name, dims, dataType: FLOAT, floatData })
      return name
    })
    const data = reads ?? [i === 0 ? Object.keys(inputs)[0]! : `t${i - 1}`]
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number' ? { name, type: INT, i: value } : { name, type: INTS, ints: value },
    )
    return { opType: operator, input: [...data, ...stored], output: [`t${i}`], attribute }
  })
  const model = onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'chain',
      node,
      initializer,
      input: Object.entries(inputs).map(([name, sizes]) => ({
        name,
        type: {
          tensorType: {
            elemType: FLOAT,
            shape: { dim: sizes.map((_, i) => ({ dimParam: `${name}${i}` })) },
          },
        },
      })),
      output: [{ name: `t${nodes.length - 1}`, type: { tensorType: { elemType: FLOAT } } }],
    },
  })
  return onnx.ModelProto.encode(model).finish()
}
