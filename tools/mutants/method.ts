/**
 * Replaces a method of a class and returns a function that restores it. For faults inside a class
 * that has no switch for them, and must not get one.
 */
export function replaceMethod<T extends object, K extends keyof T>(
  prototype: T,
  name: K,
  by: (original: T[K]) => T[K],
): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name)!
  Object.defineProperty(prototype, name, { ...before, value: by(prototype[name]) })
  return () => Object.defineProperty(prototype, name, before)
}
