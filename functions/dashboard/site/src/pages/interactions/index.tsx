export { default } from './log'
