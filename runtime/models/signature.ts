import onnxProto from 'onnx-proto'
import { Failure, nearest } from '../../scenarios/index.ts'
import type { InputSpec } from './model-types.ts'

const { onnx } = onnxProto
const TYPE = onnx.TensorProto.DataType

/** An input as declared by the graph. */
interface GraphInput {
  readonly name: string
  /** lower-case name of the ONNX element type; float32 for `float` */
  readonly type: string
  /** sizes, null where free; null if the graph does not state a shape */
  readonly shape: readonly (number | null)[] | null
}

/** The inputs that a model must be fed. Throws `Failure` if the bytes are no ONNX model. */
export function readSignature(reference: string, bytes: Uint8Array): readonly GraphInput[] {
  const graph = decodeGraph(bytes)
  if (!graph) throw new Failure(`${reference}: expected an ONNX model, got another kind of file`)
  // up to IR version 3 initializers are listed among the inputs, too
  const constant = new Set(graph.initializer?.map((tensor) => tensor.name))
  return (graph.input ?? []).filter((input) => !constant.has(input.name)).map(graphInput)
}

function decodeGraph(bytes: Uint8Array) {
  try {
    const { graph } = onnx.ModelProto.decode(bytes)
    return graph?.node?.length ? graph : null
  } catch {
    return null
  }
}

function graphInput(value: InstanceType<typeof onnx.GraphProto>['input'][number]): GraphInput {
  const tensor = value.type?.tensorType
  const type = (TYPE[tensor?.elemType ?? 0] ?? 'undefined').toLowerCase()
  const shape = tensor?.shape?.dim?.map(({ dimValue, dimParam }) => {
    const size = Number(dimValue ?? 0)
    return dimParam || size <= 0 ? null : size
  })
  return { name: value.name ?? '', type: type === 'float' ? 'float32' : type, shape: shape ?? null }
}

/** All mismatches between declared inputs and a graph. */
export function checkInputs(
  declared: readonly InputSpec[],
  graph: readonly GraphInput[],
): readonly string[] {
  const problems: string[] = []
  const names = graph.map((input) => input.name)
  for (const input of declared) {
    const expected = graph.find(({ name }) => name === input.name)
    if (expected) problems.push(...mismatches(input, expected))
    else {
      const meant = nearest(input.name, names)
      const hint = meant === null ? '' : `; did you mean ${meant}?`
      problems.push(`inputs: expected one of ${names.join(', ')}, got ${input.name}${hint}`)
    }
  }
  for (const input of graph) {
    if (declared.some(({ name }) => name === input.name)) continue
    problems.push(`inputs.${input.name}: expected ${textOf(input)}, got nothing`)
  }
  return problems
}

function mismatches(input: InputSpec, expected: GraphInput): string[] {
  const at = `inputs.${input.name}`
  const problems: string[] = []
  if (input.type !== expected.type) {
    problems.push(`${at}.type: expected ${expected.type}, got ${input.type}`)
  }
  if (expected.shape === null) return problems
  if (input.shape.length !== expected.shape.length) {
    const got = `[${input.shape.join(', ')}]`
    return [...problems, `${at}.shape: expected ${textOf(expected)}, got ${got}`]
  }
  for (const [i, size] of expected.shape.entries()) {
    const got = input.shape[i]!
    if (size === null || size === got) continue
    problems.push(`${at}.shape[${i}]: expected ${size}, which the model fixes, got ${got}`)
  }
  return problems
}

function textOf({ type, shape }: GraphInput): string {
  if (shape === null) return type
  return `${type} [${shape.map((size) => size ?? 'free').join(', ')}]`
}
