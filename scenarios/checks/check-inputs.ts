import type { Path } from '../parse/located.ts'
import { type ModelInput, tensorTypes } from '../schema/schema-onnx.ts'
import type { Draft } from './draft.ts'

/** Checks what the inputs of an own model are fed with. */
export function checkInputs(
  inputs: Readonly<Record<string, ModelInput>>,
  path: Path,
  draft: Draft,
): void {
  const batched = Object.values(inputs).some(({ shape }) => shape.includes('batch'))
  for (const [name, input] of Object.entries(inputs)) {
    const at = [...path, name]
    if (input.value !== undefined) {
      for (const key of ['file', 'fill', 'vocabulary']) {
        draft.unused([...at, key], 'value gives the values of every request')
      }
      checkValue(input, input.value, at, draft)
    } else if (input.file !== undefined) {
      for (const key of ['fill', 'vocabulary']) {
        draft.unused([...at, key], 'the samples of file are the values')
      }
      if (batched && !input.shape.includes('batch')) {
        const why = 'has no batch dimension: all requests of a batch share its values'
        draft.unused([...at, 'file'], `${name} ${why}; use value`)
      }
    } else checkFill(input, at, draft)
  }
}

function checkFill({ fill, type, vocabulary }: ModelInput, path: Path, draft: Draft): void {
  if (fill !== 'tokens') draft.unused([...path, 'vocabulary'], `fill ${fill} has none`)
  const range = fill === 'tokens' ? tensorTypes[type] : null
  if (range === null || vocabulary <= range.most + 1) return
  const text = `at most ${range.most + 1}, which is above every ${type}`
  draft.refuse([...path, 'vocabulary'], text, `${vocabulary}`)
}

function checkValue(
  { type, shape }: ModelInput,
  value: NonNullable<ModelInput['value']>,
  path: Path,
  draft: Draft,
): void {
  const at = [...path, 'value']
  const elements = Array.isArray(value) ? value : [value]
  for (const [i, element] of elements.entries()) {
    checkElement(type, element, Array.isArray(value) ? [...at, i] : at, draft)
  }
  if (!Array.isArray(value)) return
  const free = shape.find((size) => typeof size === 'string')
  const size = shape.reduce<number>((product, n) => product * Number(n), 1)
  if (free !== undefined) {
    const text = `one number for all elements, as ${free} in the shape has no fixed size`
    draft.refuse(at, text, 'a list')
  } else if (value.length !== size) {
    const text = `${size} values, as many as shape [${shape.join(', ')}] has elements`
    draft.refuse(at, text, `${value.length}`)
  }
}

function checkElement(
  type: ModelInput['type'],
  element: number | boolean,
  path: Path,
  draft: Draft,
): void {
  if (type === 'bool') {
    if (typeof element === 'number' && element !== 0 && element !== 1) {
      draft.refuse(path, 'true or false, as type is bool')
    }
    return
  }
  const range = tensorTypes[type]
  const text = range === null ? 'a number' : `a whole number from ${range.least} to ${range.most}`
  const held =
    typeof element === 'number' &&
    (range === null ||
      (Number.isInteger(element) && element >= range.least && element <= range.most))
  if (!held) draft.refuse(path, `${text}, as type is ${type}`)
}
