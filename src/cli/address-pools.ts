/** What new networks take their addresses from, where the configuration says so; imported when it does. */

export { usePools } from "../network/network.ts";
