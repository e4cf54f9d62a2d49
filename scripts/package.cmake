# What is installed beside the program, the bill of materials, and the Debian package. scripts/package makes all of it.
set(bill ${PROJECT_BINARY_DIR}/imagewarden.cdx.json)
add_custom_target(sbom
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/sbom --build ${PROJECT_BINARY_DIR} --output ${bill}
  DEPENDS imagewarden
  VERBATIM)

install(FILES ${rule_files} DESTINATION ${CMAKE_INSTALL_DATADIR}/imagewarden/rules COMPONENT runtime)
install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/imagewarden COMPONENT runtime)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT runtime)
install(FILES ${bill} DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime OPTIONAL)

set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL runtime)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGE_VENDOR imagewarden)
set(CPACK_PACKAGE_CONTACT "imagewarden maintainers <imagewarden@example.com>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME imagewarden)
set(CPACK_DEBIAN_RUNTIME_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "policy validation and audit for deletions of cloud images
Decides before anyone calls the cloud whether a DeleteImage would succeed, as
this caller, on this inventory; names the error code, the reason and what has
to happen first; keeps the answers in a log that an auditor can check without
trusting the machine it was written on.")
include(CPack)
