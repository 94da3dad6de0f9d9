import type { ModelProfile } from '../../world/index.ts'

/**
 * A model on its recorded machine without the stalls, which are not of the code that is gated:
 * so the derived tail is that of quiet time, and it is known from far fewer simulations.
 */
export function withoutStalls(model: ModelProfile): ModelProfile {
  const none = { from: [], to: [] }
  const fields = model.fields.map((field) => ({
    ...field,
    dispatcher: none,
    intake: none,
    executors: field.executors.map((executor) => ({ ...executor, stalls: none, lateStarts: none })),
  }))
  return { ...model, fields }
}
