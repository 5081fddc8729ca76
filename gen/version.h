/* SPDX-License-Identifier: Apache-2.0
 *
 * The version of the program, as shown by --version and written into manifests.
 */
#ifndef QADAM_VERSION_H
#define QADAM_VERSION_H

#define QADAM_VERSION "0.1.0"

#endif
