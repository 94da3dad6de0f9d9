import { shippedNames } from '../scenarios/light.ts'

/** Shipped scenarios whose decoder is in no profile that ships: a machine calibrates it first. */
export const CALIBRATED_FIRST: readonly string[] = ['autocomplete-live', 'chat-live']

/** Those that any machine simulates. */
export const simulatedNames = (): readonly string[] =>
  shippedNames().filter((name) => !CALIBRATED_FIRST.includes(name))
