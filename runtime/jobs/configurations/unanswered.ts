import { Failure } from '../../../scenarios/light.ts'

/**
 * A configuration that the workers of a queue have not answered, or only with what cannot be one.
 * Nothing is known of it: it must not become a row.
 */
export class Unanswered extends Failure {}
