import { nearest } from '../../scenarios/index.ts'
import type { InputSpec } from './model-types.ts'
import type { GraphValue } from './onnx-graph.ts'

/** All mismatches between declared inputs and those of a graph. */
export function checkInputs(
  declared: readonly InputSpec[],
  graph: readonly GraphValue[],
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

function mismatches(input: InputSpec, expected: GraphValue): string[] {
  const at = `inputs.${input.name}`
  const problems: string[] = []
  if (input.type !== expected.type) {
    problems.push(`${at}.type: expected ${typeOf(expected)}, got ${input.type}`)
  }
  if (expected.shape === null) return problems
  if (input.shape.length !== expected.shape.length) {
    const shape = `[${input.shape.join(', ')}]`
    return [...problems, `${at}.shape: expected ${textOf(expected)}, got ${shape}`]
  }
  for (const [i, size] of expected.shape.entries()) {
    const actual = input.shape[i]!
    if (typeof size !== 'number' || size === actual) continue
    problems.push(`${at}.shape[${i}]: expected ${size}, which the model fixes, got ${actual}`)
  }
  return problems
}

const typeOf = ({ type }: GraphValue) => type ?? 'a value that is no tensor'

function textOf(value: GraphValue): string {
  if (value.shape === null) return typeOf(value)
  const sizes = value.shape.map((size) => (typeof size === 'number' ? size : 'free'))
  return `${typeOf(value)} [${sizes.join(', ')}]`
}
