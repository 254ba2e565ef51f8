// SPDX-License-Identifier: GPL-2.0

//! Value of the settings that are on or off.

choice! {
    /// On or off.
    Switch {
        /// Off.
        Off = "off",
        /// On.
        On = "on",
    }
}
