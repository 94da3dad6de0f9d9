import onnxProto from 'onnx-proto'

const { onnx } = onnxProto
const TYPE = onnx.TensorProto.DataType

export interface OwnInput {
  readonly name: string
  readonly type: keyof typeof TYPE
  /** sizes, or names of free dimensions; '' is a free one without a name */
  readonly shape: readonly (number | string)[]
}

/** A model that passes on its inputs, as someone else would have written it. */
export function passingOn(inputs: readonly OwnInput[], weights: readonly object[] = []): Buffer {
  const valueInfo = ({ name, type, shape }: OwnInput) => ({
    name,
    type: {
      tensorType: {
        elemType: TYPE[type],
        shape: {
          dim: shape.map((size) =>
            typeof size === 'number' ? { dimValue: size } : size === '' ? {} : { dimParam: size },
          ),
        },
      },
    },
  })
  const model = onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'own',
      node: inputs.map(({ name }) => ({
        opType: 'Identity',
        input: [name],
        output: [`${name}_out`],
      })),
      input: inputs.map(valueInfo),
      output: inputs.map((input) => valueInfo({ ...input, name: `${input.name}_out` })),
      initializer: weights,
    },
  })
  return Buffer.from(onnx.ModelProto.encode(model).finish())
}

/** `y = x + weight`, whose eight floats are in another file. */
export function withExternalData(location: string): Buffer {
  const floats = (name: string, dim: object[]) => ({
    name,
    type: { tensorType: { elemType: TYPE.FLOAT, shape: { dim } } },
  })
  const rows = [{ dimParam: 'batch' }, { dimValue: 8 }]
  const externalData = [
    { key: 'location', value: location },
    { key: 'offset', value: '0' },
    { key: 'length', value: '32' },
  ]
  const model = onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'external',
      node: [{ opType: 'Add', input: ['x', 'weight'], output: ['y'] }],
      input: [floats('x', rows)],
      output: [floats('y', rows)],
      initializer: [
        { name: 'weight', dataType: TYPE.FLOAT, dims: [8], dataLocation: 1, externalData },
      ],
    },
  })
  return Buffer.from(onnx.ModelProto.encode(model).finish())
}
