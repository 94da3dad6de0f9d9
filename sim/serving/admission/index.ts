export { Overload } from './adaptive-lifo.ts'
export { Admission, admissionControls } from './admission.ts'
export { type AdmissionPlan, OPEN_ADMISSION } from './admission-plan.ts'
